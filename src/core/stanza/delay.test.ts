import { expect, it } from 'vitest';
import { delayed, forwarded, Jid, message, ns } from '#core';

const host = Jid.parse('capulet.com');
const to = Jid.parse('juliet@capulet.com');
const at = Date.UTC(2002, 8, 10, 23, 8, 25);
const delay = ns('urn:xmpp:delay');
const body = ns('jabber:client')('body', {}, 'O blessed, blessed night!');
const stamps = (children: Parameters<typeof message>[1][]) =>
  delayed(message({ to }, ...children), at, host)
    .elements('delay', 'urn:xmpp:delay')
    .map(({ attrs }) => ({ ...attrs }));

const ours = { from: 'capulet.com', stamp: '2002-09-10T23:08:25.000Z' };

it('a delayed stanza says when it was sent, in UTC, and who held it back, after its content', () => {
  expect(delayed(message({ to }, body), at, host).toString('jabber:client')).toBe(
    '<message to="juliet@capulet.com"><body>O blessed, blessed night!</body>' +
      '<delay xmlns="urn:xmpp:delay" from="capulet.com" stamp="2002-09-10T23:08:25.000Z"/></message>',
  );
});

it('the stamp of a stanza that was delayed before it came here stays the only one', () => {
  const earlier = { from: 'coven@macbeth.example', stamp: '2002-09-10T23:05:37Z' };
  expect(stamps([body, delay('delay', earlier)])).toEqual([earlier]);
  expect(stamps([body, delay('delay', { stamp: earlier.stamp })])).toEqual([{ stamp: earlier.stamp }]);
});

it('a stamp forged in the name of who delays it now is replaced', () => {
  expect(stamps([delay('delay', { from: 'capulet.com', stamp: '1999-01-01T00:00:00Z' }), body])).toEqual([ours]);
});

it('a stanza is forwarded with its own namespace, and with the time it came if that is not now', () => {
  const stanza = message({ to }, body);
  const inner =
    '<message xmlns="jabber:client" to="juliet@capulet.com"><body>O blessed, blessed night!</body></message>';
  expect(forwarded(stanza).toString('')).toBe(`<forwarded xmlns="urn:xmpp:forward:0">${inner}</forwarded>`);
  expect(forwarded(stanza, at).toString('')).toBe(
    `<forwarded xmlns="urn:xmpp:forward:0"><delay xmlns="urn:xmpp:delay" stamp="${ours.stamp}"/>${inner}</forwarded>`,
  );
});
