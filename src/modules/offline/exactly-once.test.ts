/** Whatever becomes of sessions and server: nothing is lost, nothing comes out of order, and nothing twice without need */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createMemoryStorage, type Stores } from '#core';
import offline from '#modules/offline';
import presence from '#modules/presence';
import roster from '#modules/roster';
import { settled, type TestClient, TestHost } from '../../../test/support/test-host.ts';

const SENDERS = ['romeo', 'nurse'] as const;

/** What a process sees of storage that outlives it: from its death on, nothing it does has an effect. */
function mortal(stores: Stores): { stores: Stores; die(): void } {
  let isDead = false;
  const view: Stores = {
    ...stores,
    archive: (name) =>
      new Proxy(stores.archive(name), {
        get(archive, method) {
          if (isDead && method === 'trim') return () => new Promise(() => {});
          return Reflect.get(archive, method).bind(archive);
        },
      }),
  };
  return {
    stores: view,
    die() {
      isDead = true;
    },
  };
}

class Play {
  readonly sent: string[] = [];
  readonly received: string[] = [];
  /** What a session was handed that could not tell whether it has it. */
  readonly uncertain = new Set<string>();
  readonly #disk = createMemoryStorage().stores('example.com');
  #process = mortal(this.#disk);
  #server: TestHost | undefined;
  readonly #senders = new Map<string, TestClient>();
  #juliet: TestClient | undefined;

  async start(accounts: readonly string[] = []): Promise<void> {
    this.#process = mortal(this.#disk);
    const modules = [roster, presence, offline];
    const server = await TestHost.start(modules, accounts, 'example.com', this.#process.stores);
    for (const name of SENDERS) this.#senders.set(name, server.connect(name, 'x'));
    this.#server = server;
  }

  send(name: string, count: number): void {
    for (let n = 0; n < count; n++) {
      const id = `${name} ${this.sent.length}`;
      this.sent.push(id);
      this.#senders
        .get(name)
        ?.send(`<message type='chat' id='${id}' to='juliet@example.com'><body>hi</body></message>`);
    }
  }

  logIn(): void {
    if (this.#juliet !== undefined) return;
    this.#juliet = this.#server?.connect('juliet', 'balcony');
    this.#juliet?.send('<presence/>');
  }

  async leave(): Promise<void> {
    for (let turn = 0; turn < 5; turn++) await settled();
    this.#take();
    this.#juliet?.session.disconnected();
    this.#juliet = undefined;
  }

  cut(): void {
    for (const id of this.#take()) this.uncertain.add(id);
    this.#juliet?.session.disconnected();
    this.#juliet = undefined;
  }

  async kill(): Promise<void> {
    this.#process.die();
    for (const id of this.#take()) this.uncertain.add(id);
    this.#juliet = undefined;
    await this.start();
  }

  #take(): string[] {
    const messages = this.#juliet?.takeStanzas().filter(({ kind }) => kind === 'message') ?? [];
    const ids = messages.map(({ id }) => id ?? '');
    this.received.push(...ids);
    return ids;
  }
}

const action = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      by: fc.constantFrom(...SENDERS),
      count: fc.integer({ min: 1, max: 120 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('log in' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('leave' as const, 'cut' as const, 'kill' as const, 'a turn' as const) }),
  },
);

it('each message comes, in the order of its sender, and again only where a session ended in between', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 25 }), async (actions) => {
      const play = new Play();
      await play.start([...SENDERS, 'juliet']);
      for (const one of actions) {
        if (one.do === 'send') play.send(one.by, one.count);
        else if (one.do === 'log in') play.logIn();
        else if (one.do === 'leave') await play.leave();
        else if (one.do === 'cut') play.cut();
        else if (one.do === 'kill') await play.kill();
        else await new Promise((resolve) => setImmediate(resolve));
      }
      await play.leave();
      play.logIn();
      await play.leave();
      const first = [...new Set(play.received)];
      for (const name of SENDERS) {
        expect(first.filter((id) => id.startsWith(name))).toEqual(play.sent.filter((id) => id.startsWith(name)));
      }
      const again = play.received.filter((id, at) => play.received.indexOf(id) < at);
      expect(again.filter((id) => !play.uncertain.has(id))).toEqual([]);
    }),
    { numRuns: 150, seed: 160 },
  );
});
