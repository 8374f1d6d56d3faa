/** XEP-0045 §7.2.15, §8.1: the subject of a room */
import { delayStamp, type Jid, type Message, message, NS_CLIENT, ns, StanzaError } from '#core';
import type { Service } from './config.ts';
import { roleIs } from './privileges.ts';
import type { Room, Visit } from './room.ts';

/** §8.1: a subject, and neither a body nor a thread. */
export function isSubjectChange(sent: Message): boolean {
  return sent.child('subject') !== undefined && sent.child('body') === undefined && sent.child('thread') === undefined;
}

/** @param reflected as all occupants will get it @throws StanzaError forbidden, policy-violation */
export function setSubject({ host, rooms }: Service, room: Room, { occupant }: Visit, reflected: Message): void {
  const least = room.config.changeSubject ? 'participant' : 'moderator';
  if (!roleIs(occupant.role, least)) throw new StanzaError('forbidden', 'you may not change the subject');
  const most = host.config.max_subject;
  if (reflected.elements('subject').some((subject) => subject.text().length > most)) {
    throw new StanzaError('policy-violation', `a subject has at most ${most} characters`);
  }
  room.subject = { message: reflected, at: host.clock.now() };
  rooms.saveLater(room);
}

/** §7.2.15: a newcomer is told what the subject is; nothing, if nobody ever said. */
export function sendSubject({ host }: Service, room: Room, to: Jid): void {
  const { subject } = room;
  const now =
    subject === undefined
      ? message({ type: 'groupchat', from: room.jid }, ns(NS_CLIENT)('subject'))
      : subject.message.withChild(delayStamp(subject.at, room.jid));
  void host.route(now.with({ to }));
}
