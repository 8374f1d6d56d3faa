import { expect, it } from 'vitest';
import { Jid, message, ns, stanzaId, stanzaIdBy, withoutStanzaIds } from '#core';

const juliet = Jid.parse('juliet@capulet.lit');
const sid = ns('urn:xmpp:sid:0');
const body = ns('jabber:client')('body', {}, 'Hail');

it('an id is put after what a message has, whose text it shares', () => {
  const sent = message({ to: juliet }, body);
  const received = sent.withChild(stanzaId(juliet, '28482'));
  expect(received.toString('jabber:client')).toBe(
    '<message to="juliet@capulet.lit"><body>Hail</body>' +
      '<stanza-id xmlns="urn:xmpp:sid:0" by="juliet@capulet.lit" id="28482"/></message>',
  );
  expect(received.children).toHaveLength(2);
  expect(stanzaIdBy(received, juliet)).toBe('28482');
  expect(stanzaIdBy(sent, juliet)).toBeUndefined();
  expect(sent.toString('jabber:client')).toBe('<message to="juliet@capulet.lit"><body>Hail</body></message>');
});

it('an id in the name of the account is taken out, however its address is written', () => {
  const forged = message({ to: juliet }, stanzaId(juliet, '1'), body, sid('stanza-id', { by: 'JULIET@capulet.lit' }));
  expect(withoutStanzaIds(forged, juliet).children).toEqual([body]);
});

it('ids by others, origin-ids and what names nobody stay', () => {
  const kept = [
    stanzaId(Jid.parse('coven@chat.capulet.lit'), '1'),
    stanzaId(juliet.withResource('balcony'), '2'),
    sid('stanza-id', { by: '@', id: '3' }),
    sid('stanza-id', { id: '4' }),
    sid('origin-id', { id: '5' }),
  ];
  const stanza = message({ to: juliet }, ...kept);
  expect(withoutStanzaIds(stanza, juliet)).toBe(stanza);
});
