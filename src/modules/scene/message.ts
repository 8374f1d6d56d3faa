/** docs/protocol/scene.md §5.2, §5.3, §7: messages that are sent to a scene */
import { type Awaitable, type Element, type Jid, type Message, StanzaError, whenDone } from '#core';
import type { Service } from './config.ts';
import { removeGhost } from './ghost.ts';
import { isBackend, move, place } from './move.ts';
import { NS_SCENE } from './namespaces.ts';
import type { Member, Scene } from './scene.ts';
import { readMovement } from './stanzas.ts';
import { readChannel, talk } from './talk.ts';

export function receiveMessage(service: Service, sent: Message, name: string): Awaitable<void> {
  return whenDone(service.scenes.get(name), (scene) => {
    if (sent.type === 'error') return removeGhost(service, scene, sent);
    if (scene === undefined) throw new StanzaError('item-not-found', 'there is no such scene');
    const moved = sent.child('move', NS_SCENE);
    const nick = sent.to?.resource ?? '';
    if (nick !== '') return placeOther(service, scene, sent, nick, moved);
    const member = insider(scene, sent.from);
    if (moved !== undefined) return move(service, member, readMovement(moved));
    if (sent.type !== 'groupchat') throw new StanzaError('bad-request', 'what is said here is of type groupchat');
    talk(service, member, readChannel(sent.child('talk', NS_SCENE)?.attr('channel')), sent);
  });
}

/** The backend is the only one who reaches a member by his nickname. */
function placeOther(service: Service, scene: Scene, sent: Message, nick: string, moved: Element | undefined): void {
  if (moved === undefined) throw new StanzaError('service-unavailable', 'there are no private messages here');
  if (!isBackend(scene, sent.from as Jid)) throw new StanzaError('forbidden', 'only the backend places others');
  const member = scene.member(nick);
  if (member === undefined) throw new StanzaError('item-not-found', 'nobody here has that nickname');
  place(service, member, readMovement(moved));
}

/** @throws StanzaError not-acceptable for who has not entered */
export function insider(scene: Scene, jid: Jid | undefined): Member {
  const member = scene.memberOf(jid);
  if (member === undefined) throw new StanzaError('not-acceptable', 'you are not in the scene');
  return member;
}
