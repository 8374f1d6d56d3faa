import { expect, it } from 'vitest';
import { defineModule, Message, presence, type Stanza, StanzaError } from '#core';
import { settled, TestHost } from '../../../test/support/test-host.ts';

const bodies = (stanzas: readonly string[]) => stanzas.map((stanza) => /<body>(.*)<\/body>/.exec(stanza)?.[1]);

it('delivers in order where a hook lets some stanzas wait', async () => {
  let go = () => {};
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  const slow = defineModule({
    name: 'slow',
    setup: (host) =>
      host.guard('client:delivering', ({ stanza }) =>
        stanza.childText('body') === 'first' ? gate.then(() => true) : undefined,
      ),
  });
  const host = await TestHost.start([slow], ['romeo', 'juliet']);
  const [romeo, juliet] = [host.connect('romeo', 'orchard'), host.connect('juliet', 'balcony')];
  const to = "<message to='juliet@example.com/balcony'><body>";
  romeo.send(`${to}first</body></message>`, `${to}second</body></message>`);
  await settled();
  expect(juliet.take()).toEqual([]);
  go();
  await settled();
  romeo.send(`${to}third</body></message>`);
  expect(bodies(juliet.take())).toEqual(['first', 'second', 'third']);
});

it('delivers nothing while it is held', async () => {
  const host = await TestHost.start([], ['romeo', 'juliet']);
  const [romeo, juliet] = [host.connect('romeo', 'orchard'), host.connect('juliet', 'balcony')];
  let release = () => {};
  juliet.session.hold(
    new Promise((resolve) => {
      release = resolve;
    }),
  );
  const to = "<message to='juliet@example.com/balcony'><body>";
  romeo.send(`${to}first</body></message>`, `${to}second</body></message>`);
  await settled();
  expect(juliet.take()).toEqual([]);
  release();
  await settled();
  expect(bodies(juliet.take())).toEqual(['first', 'second']);
});

it.each([
  ['at once', () => undefined],
  ['later', () => Promise.resolve()],
])('answers a stanza whose delivery a hook refuses %s, and delivers it to the other resources', async (_, wait) => {
  const picky = defineModule({
    name: 'picky',
    setup: (host) =>
      host.guard('client:delivering', ({ session, stanza }) => {
        if (session.jid.resource !== 'picky' || !(stanza instanceof Message)) return;
        const refuse = () => {
          throw new StanzaError('policy-violation');
        };
        const waited = wait();
        return waited === undefined ? refuse() : waited.then(refuse);
      }),
  });
  const host = await TestHost.start([picky], ['romeo', 'juliet']);
  const romeo = host.connect('romeo', 'orchard');
  const [first, second] = [host.connect('juliet', 'picky'), host.connect('juliet', 'balcony')];
  for (const { session } of [first, second]) session.presence = presence({ from: session.jid });
  const [answer] = await romeo.ask("<message type='chat' id='m' to='juliet@example.com'><body>hello</body></message>");
  expect(answer).toContain('<policy-violation');
  expect(first.take()).toEqual([]);
  expect(bodies(second.take())).toEqual(['hello']);
});

it('writes what its gate holds back when the gate hands it over, and nothing after its end', async () => {
  const host = await TestHost.start([], ['romeo', 'juliet']);
  const [romeo, juliet] = [host.connect('romeo', 'orchard'), host.connect('juliet', 'balcony')];
  const held: Stanza[] = [];
  juliet.session.gate = { holds: (stanza) => stanza.childText('body') === 'later' && held.push(stanza) > 0 };
  const to = "<message to='juliet@example.com/balcony'><body>";
  romeo.send(`${to}later</body></message>`, `${to}now</body></message>`);
  expect(bodies(juliet.take())).toEqual(['now']);
  for (const stanza of held) juliet.session.write(stanza);
  expect(bodies(juliet.take())).toEqual(['later']);
  juliet.session.disconnected();
  for (const stanza of held) juliet.session.write(stanza);
  expect(juliet.take()).toEqual([]);
});

it('works off what came before the end of the stream, also where the link is gone by then', async () => {
  let go = () => {};
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  const slow = defineModule({ name: 'slow', setup: (host) => host.guard('client:sent', () => gate.then(() => true)) });
  const host = await TestHost.start([slow], ['romeo', 'juliet']);
  const [romeo, juliet] = [host.connect('romeo', 'orchard'), host.connect('juliet', 'balcony')];
  const to = "<message to='juliet@example.com/balcony'><body>";
  romeo.send(`${to}first</body></message>`, `${to}second</body></message>`);
  romeo.session.finish();
  romeo.session.disconnected();
  go();
  await settled();
  expect(bodies(juliet.take())).toEqual(['first', 'second']);
  expect(romeo.session.ended).toBe(true);
});
