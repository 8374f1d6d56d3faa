import { expect, it } from 'vitest';
import { type Message, parseStored, shapeStanza } from '#core';
import { fateOf } from './fate.ts';

const fate = (type: string, content: string) =>
  fateOf(shapeStanza(parseStored(`<message xmlns='jabber:client' type='${type}'>${content}</message>`), {}) as Message);

const body = '<body>hello</body>';
const composing = "<composing xmlns='http://jabber.org/protocol/chatstates'/>";
const noStore = "<no-store xmlns='urn:xmpp:hints'/>";
const store = "<store xmlns='urn:xmpp:hints'/>";
const encrypted = "<encrypted xmlns='eu.siacs.conversations.axolotl'/>";

it.each([
  ['normal', body, 'kept'],
  ['chat', body, 'kept'],
  ['of-no-known-type', body, 'kept'],
  ['groupchat', body, 'refused'],
  ['headline', body, 'refused'],
  ['error', body, 'refused'],
  ['normal', '', 'kept'],
  ['chat', encrypted, 'kept'],
])('of type %s with %s: %s', (type, content, expected) => {
  expect(fate(type, content)).toBe(expected);
});

it.each([
  ['alone', composing],
  ['in its thread', `${composing}<thread>t</thread>`],
  ['with ids and hints', `${composing}<origin-id xmlns='urn:xmpp:sid:0' id='1'/><no-copy xmlns='urn:xmpp:hints'/>`],
  ['not to be stored', composing + noStore],
])('a chat state %s is dropped', (_, content) => {
  expect(fate('chat', content)).toBe('dropped');
});

it('a chat state with content is kept, and so is one whose sender wants it', () => {
  expect(fate('chat', composing + body)).toBe('kept');
  expect(fate('chat', composing + encrypted)).toBe('kept');
  expect(fate('chat', composing + store)).toBe('kept');
});

it('what is not to be stored is refused, whatever else it asks for', () => {
  expect(fate('chat', body + noStore)).toBe('refused');
  expect(fate('normal', body + noStore + store)).toBe('refused');
});

it('no archive is to keep it, but it may wait', () => {
  expect(fate('chat', `${body}<no-permanent-store xmlns='urn:xmpp:hints'/>`)).toBe('kept');
});

it('hints inside of something else are not for this message', () => {
  expect(fate('chat', `<wrapped xmlns='urn:example'>${noStore}</wrapped>`)).toBe('kept');
});
