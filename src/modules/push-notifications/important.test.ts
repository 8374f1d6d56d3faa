import { expect, it } from 'vitest';
import { type Message, parseStored, shapeStanza } from '#core';
import { isImportant } from './important.ts';

const important = (type: string, content: string) =>
  isImportant(
    shapeStanza(parseStored(`<message xmlns='jabber:client' type='${type}'>${content}</message>`), {}) as Message,
  );

const body = '<body>Wherefore art thou, Romeo?</body>';

it.each([
  ['a chat message', 'chat', body],
  ['a normal message', 'normal', body],
  ['a message in a room', 'groupchat', body],
  ['an encrypted message', 'chat', "<encryption xmlns='urn:xmpp:eme:0' namespace='urn:xmpp:openpgp:0'/>"],
  ['an encrypted message by OMEMO', 'chat', "<encrypted xmlns='urn:xmpp:omemo:2'/>"],
  ['a call', 'chat', "<propose xmlns='urn:xmpp:jingle-message:0' id='c'/>"],
  ['an invitation by a room', 'normal', "<x xmlns='http://jabber.org/protocol/muc#user'><invite from='a@b'/></x>"],
  ['a direct invitation', 'normal', "<x xmlns='jabber:x:conference' jid='a@b'/>"],
])('%s is important', (_, type, content) => {
  expect(important(type, content)).toBe(true);
});

it.each([
  ['an error', 'error', body],
  ['a headline', 'headline', body],
  ['what is not to be stored', 'chat', `${body}<no-store xmlns='urn:xmpp:hints'/>`],
  ['a chat state', 'chat', "<composing xmlns='http://jabber.org/protocol/chatstates'/>"],
  ['a receipt', 'chat', "<received xmlns='urn:xmpp:receipts' id='m'/><store xmlns='urn:xmpp:hints'/>"],
  ['an empty body', 'chat', '<body/>'],
  ['the subject of a room', 'groupchat', `<subject>fire</subject>${body}`],
  ['the end of a call', 'chat', "<retract xmlns='urn:xmpp:jingle-message:0' id='c'/>"],
])('%s is not', (_, type, content) => {
  expect(important(type, content)).toBe(false);
});
