import { expect, it } from 'vitest';
import { defineModule, ns, StreamError } from '#core';
import { settled, TestHost } from '../../../test/support/test-host.ts';

const NS = 'urn:example:lamp';
const lamp = ns(NS);

/** Answers each element with its own name, once `until` has come; `<break/>` ends the stream, `<fail/>` is a bug. */
const answering = (until?: Promise<void>) =>
  defineModule({
    name: 'lamp',
    setup: (host) =>
      host.nonza(NS, (session, { name }) => {
        if (name === 'break') throw new StreamError('policy-violation');
        if (name === 'fail') throw new Error('a bug');
        const answer = () => session.send(lamp(name));
        return until === undefined ? answer() : until.then(answer);
      }),
  });

const ping = "<iq type='get' id='p' to='example.com'><unknown xmlns='urn:example:nothing'/></iq>";

it('an element that is no stanza goes to who takes its namespace', async () => {
  const host = await TestHost.start([answering()], ['romeo']);
  expect(await host.connect('romeo', 'orchard').ask(`<on xmlns='${NS}'/>`)).toEqual([`<on xmlns="${NS}"/>`]);
});

it('it keeps its place among the stanzas, also where it takes its time', async () => {
  let go = () => {};
  const until = new Promise<void>((resolve) => {
    go = resolve;
  });
  const host = await TestHost.start([answering(until)], ['romeo']);
  const romeo = host.connect('romeo', 'orchard');
  expect(await romeo.ask(`<on xmlns='${NS}'/>`, ping, `<off xmlns='${NS}'/>`)).toEqual([]);
  go();
  await settled();
  expect(romeo.take().map((xml) => /^<(\w+)/.exec(xml)?.[1])).toEqual(['on', 'iq', 'off']);
});

it('one that nobody takes ends the stream', async () => {
  const host = await TestHost.start([answering()], ['romeo']);
  const romeo = host.connect('romeo', 'orchard');
  romeo.send("<on xmlns='urn:example:nothing'/>");
  expect(romeo.closedWith?.condition).toBe('unsupported-stanza-type');
});

it.each([
  ['break', 'policy-violation'],
  ['fail', 'internal-server-error'],
])('<%s/>, which its taker throws at, ends the stream with %s', async (name, condition) => {
  const host = await TestHost.start([answering()], ['romeo']);
  const romeo = host.connect('romeo', 'orchard');
  romeo.send(`<${name} xmlns='${NS}'/>`);
  expect(romeo.closedWith?.condition).toBe(condition);
});

it('a namespace has one taker', async () => {
  const second = defineModule({ name: 'second', setup: (host) => host.nonza(NS, () => {}) });
  await expect(TestHost.start([answering(), second], [])).rejects.toThrow(`elements of ${NS} have a taker already`);
});
