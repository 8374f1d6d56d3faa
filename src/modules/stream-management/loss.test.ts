import fc from 'fast-check';
import { expect, it } from 'vitest';
import { defineModule, Message, presence, Stanza } from '#core';
import { settled, type TestClient, TestHost } from '../../../test/support/test-host.ts';
import streamManagement from './index.ts';

const NS = "xmlns='urn:xmpp:sm:3'";

/** A client that counts what it reads of its link, and may lose the rest. */
class CountingClient {
  readonly host: TestHost;
  readonly user: string;
  client: TestClient;
  id = '';
  /** Stanzas read since <enabled/>. */
  h = 0;
  /** Ids of the messages read, in order. */
  readonly read: string[] = [];
  /** What was sent since the server's number, as its own queue has it. */
  unacked: string[] = [];
  #sent = 0;
  #acked = 0;

  constructor(host: TestHost, user: string) {
    this.host = host;
    this.user = user;
    this.client = host.connect(user, 'device');
    this.client.session.presence = presence({ from: this.client.session.jid });
    this.client.send(`<enable ${NS} resume='true'/>`);
    const [enabled] = this.client.connection.written.splice(0);
    this.id = enabled?.attr('id') ?? '';
  }

  send(to: string, id: string): void {
    const xml = `<message type='chat' to='${to}@example.com' id='${id}'/>`;
    this.#sent++;
    this.unacked.push(xml);
    this.client.send(xml);
  }

  /** Takes at most `most` elements off the link. */
  take(most = Number.POSITIVE_INFINITY): void {
    for (const element of this.client.connection.written.splice(0, most)) {
      if (element instanceof Stanza) this.h++;
      if (element instanceof Message) this.read.push(element.id ?? '');
      if (element.name === 'a' || element.name === 'resumed') this.#acknowledged(Number(element.attr('h')));
    }
  }

  ack(): void {
    this.client.send(`<a ${NS} h='${this.h}'/>`);
  }

  ask(): void {
    this.client.send(`<r ${NS}/>`);
  }

  cut(): void {
    this.client.connection.written.length = 0;
    this.client.drop();
  }

  /** Also of a connection the server still believes in. False when the session is over. */
  async resume(): Promise<boolean> {
    this.client.connection.written.length = 0;
    const { answer, client } = await this.host.resume(this.user, `<resume ${NS} previd='${this.id}' h='${this.h}'/>`);
    if (client === undefined) return false;
    this.client = client;
    this.#acknowledged(Number(/h="(\d+)"/.exec(answer)?.[1]));
    for (const xml of this.unacked) client.send(xml);
    return true;
  }

  #acknowledged(h: number): void {
    expect(h).toBeLessThanOrEqual(this.#sent);
    this.unacked.splice(0, h - this.#acked);
    this.#acked = h;
  }
}

type Name = 'romeo' | 'juliet';
type Step = readonly [action: 'send' | 'take' | 'ack' | 'ask' | 'cut' | 'resume' | 'wait', who: Name, number: number];

const script: fc.Arbitrary<Step[]> = fc.array(
  fc.tuple(
    fc.constantFrom('send', 'send', 'send', 'take', 'take', 'ack', 'ask', 'cut', 'resume', 'wait'),
    fc.constantFrom('romeo', 'juliet'),
    fc.nat(4),
  ),
  { maxLength: 80 },
);

/** Romeo and Juliet send each other messages, of which some take their time. */
async function play(steps: readonly Step[], ...modules: Parameters<typeof TestHost.start>[0]) {
  const host = await TestHost.start([streamManagement, ...modules], ['romeo', 'juliet']);
  let messages = 0;
  host.host.hooks.add('client:sent', 'guard', () => (++messages % 3 === 0 ? settled().then(() => true) : undefined));
  const romeo = new CountingClient(host, 'romeo');
  const juliet = new CountingClient(host, 'juliet');
  const sent: Record<Name, string[]> = { romeo: [], juliet: [] };
  for (const [action, who, number] of steps) {
    const client = who === 'romeo' ? romeo : juliet;
    if (action === 'wait') await settled();
    else if (action === 'take') client.take(number);
    else if (action === 'cut') client.cut();
    else if (action === 'resume') expect(await client.resume()).toBe(true);
    else if (client.client.session.detached) continue;
    else if (action === 'send') {
      const id = `${who}-${sent[who].length}`;
      sent[who].push(id);
      client.send(who === 'romeo' ? 'juliet' : 'romeo', id);
    } else client[action]();
  }
  for (const client of [romeo, juliet]) await client.resume();
  for (let turn = 0; turn < messages; turn++) await settled();
  return { romeo, juliet, sent };
}

it('links that are cut at any instant, and resumed, lose nothing, duplicate nothing and keep the order', async () => {
  await fc.assert(
    fc.asyncProperty(script, async (steps) => {
      const { romeo, juliet, sent } = await play(steps);
      for (const client of [romeo, juliet]) client.take();
      expect(juliet.read).toEqual(sent.romeo);
      expect(romeo.read).toEqual(sent.juliet);
    }),
  );
});

it('a session that ends at any instant has told its client of each message or leaves it to be kept, in order', async () => {
  await fc.assert(
    fc.asyncProperty(script, fc.nat(20), async (steps, most) => {
      const kept: string[] = [];
      const keeper = defineModule({
        name: 'keeper',
        setup: (module) => module.handle('message:offline', ({ stanza }) => kept.push(stanza.id ?? '') > 0),
      });
      const { juliet, sent } = await play(steps, keeper);
      juliet.take(most);
      if (most % 2 === 0) juliet.ack();
      juliet.client.session.close();
      await settled();
      // What she read and had not acknowledged may be kept as well: nobody knows that she has it.
      const again = juliet.read.length + kept.length - sent.romeo.length;
      expect(again).toBeGreaterThanOrEqual(0);
      expect([...juliet.read.slice(0, juliet.read.length - again), ...kept]).toEqual(sent.romeo);
      if (most % 2 === 0) expect(again).toBe(0);
    }),
  );
});
