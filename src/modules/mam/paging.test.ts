/** However a client walks through an archive, it meets each message once */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import mam from '#modules/mam';
import roster from '#modules/roster';
import { type Answer, mam as element, max, page, query, rsm } from '../../../test/support/archive.ts';
import { settled, type TestClient, TestHost } from '../../../test/support/test-host.ts';

const AFTER_SEQ = '{urn:x-tharsis:mam}after-seq';

/** What happens while a client walks: messages come, and the oldest go. */
interface Change {
  readonly came: number;
  readonly gone: number;
}

const changes = fc.array(fc.record({ came: fc.nat(4), gone: fc.nat(6) }), { maxLength: 6 });
const walk = fc.record({
  before: fc.integer({ min: 0, max: 40 }),
  size: fc.integer({ min: 1, max: 12 }),
  isFlipped: fc.boolean(),
  changes,
});

class Scene {
  readonly #server: TestHost;
  readonly #romeo: TestClient;
  readonly #juliet: TestClient;
  readonly #size: number;
  readonly #isFlipped: boolean;

  static async of(walk: { before: number; size: number; isFlipped: boolean }): Promise<Scene> {
    const server = await TestHost.start([roster, mam], ['romeo', 'juliet']);
    const scene = new Scene(
      server,
      await server.logIn('romeo', 'orchard'),
      await server.logIn('juliet', 'balcony'),
      walk,
    );
    await scene.change({ came: walk.before, gone: 0 });
    return scene;
  }

  private constructor(
    server: TestHost,
    romeo: TestClient,
    juliet: TestClient,
    { size, isFlipped }: { size: number; isFlipped: boolean },
  ) {
    [this.#server, this.#romeo, this.#juliet, this.#size, this.#isFlipped] = [server, romeo, juliet, size, isFlipped];
  }

  get archive() {
    return this.#server.host.stores.archive('mam');
  }

  async change({ came, gone }: Change): Promise<void> {
    for (let sent = 0; sent < came; sent++) {
      this.#romeo.send("<message to='juliet@example.com/balcony'><body>x</body></message>");
    }
    await settled();
    const { first } = await this.archive.extent('juliet');
    if (gone > 0) await this.archive.trim('juliet', first + gone - 1);
  }

  /** A page, its ids in the order of the archive. */
  async page(fields: Record<string, string>, ...set: readonly ReturnType<typeof max>[]): Promise<[string[], Answer]> {
    const flip = this.#isFlipped ? [element('flip-page')] : [];
    const answer = await query(this.#juliet, fields, page(max(this.#size), ...set), ...flip);
    const ids = answer.results.map(({ id }) => id);
    return [this.#isFlipped ? ids.reverse() : ids, answer];
  }

  async present(): Promise<string[]> {
    const { first, last } = await this.archive.extent('juliet');
    return first === 0 ? [] : range(first, last);
  }

  async isPresent(id: string): Promise<boolean> {
    return (await this.archive.get('juliet', Number(id))) !== undefined;
  }
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => String(from + at));
const runs = { numRuns: 60 };

it('forwards, with new messages behind it and old ones going', async () => {
  await fc.assert(
    fc.asyncProperty(walk, async (given) => {
      const scene = await Scene.of(given);
      const pending = [...given.changes];
      const met: string[] = [];
      for (;;) {
        const last = met.at(-1);
        // Where the message to go on from is gone, all before it are, and what is left begins behind it.
        const from = last !== undefined && (await scene.isPresent(last)) ? [rsm('after', {}, last)] : [];
        const [ids, answer] = await scene.page({}, ...from);
        met.push(...ids);
        const change = pending.shift();
        if (answer.isComplete && change === undefined) break;
        await scene.change(change ?? { came: 0, gone: 0 });
      }
      expect(new Set(met).size).toBe(met.length);
      expect(met).toEqual(met.toSorted((a, b) => Number(a) - Number(b)));
      for (const id of await scene.present()) expect(met).toContain(id);
    }),
    runs,
  );
});

it('backwards, until what it goes on from is gone', async () => {
  await fc.assert(
    fc.asyncProperty(walk, async (given) => {
      const scene = await Scene.of(given);
      const newest = given.before;
      let met: string[] = [];
      const pending = [...given.changes];
      for (;;) {
        const first = met[0];
        if (first !== undefined && !(await scene.isPresent(first))) break;
        const [ids, answer] = await scene.page({}, rsm('before', {}, first ?? ''));
        met = [...ids, ...met];
        if (answer.isComplete) break;
        await scene.change(pending.shift() ?? { came: 0, gone: 0 });
      }
      expect(met).toEqual(met.length === 0 ? [] : range(newest - met.length + 1, newest));
      const present = await scene.present();
      for (const id of present) if (Number(id) <= newest) expect(met).toContain(id);
    }),
    runs,
  );
});

it('by the number it has come to, with a gap only where messages went', async () => {
  await fc.assert(
    fc.asyncProperty(walk, async (given) => {
      const scene = await Scene.of(given);
      const pending = [...given.changes];
      const met: string[] = [];
      let number = 0;
      for (;;) {
        const [ids, answer] = await scene.page({ [AFTER_SEQ]: String(number) });
        const { first, last } = answer.fin.child('archive', 'urn:x-tharsis:mam')?.attrs ?? {};
        const expected = Math.max(number + 1, Number(first));
        if (ids.length > 0) expect(ids).toEqual(range(expected, expected + ids.length - 1));
        met.push(...ids);
        number = Math.max(number, Number(ids.at(-1) ?? 0));
        if (answer.isComplete) expect(number).toBe(Math.max(number, Number(last)));
        const change = pending.shift();
        if (answer.isComplete && change === undefined) break;
        await scene.change(change ?? { came: 0, gone: 0 });
      }
      expect(new Set(met).size).toBe(met.length);
      for (const id of await scene.present()) expect(met).toContain(id);
    }),
    runs,
  );
});
