/** XEP-0045 §7.4: messages to all occupants */
import {
  type Awaitable,
  type Element,
  type Message,
  type Node,
  NS_CLIENT,
  NS_STANZA_ID,
  StanzaError,
  whenDone,
} from '#core';
import type { Service } from './config.ts';
import { takeCredit } from './message-rate.ts';
import { NS_MUC_USER } from './namespaces.ts';
import { isOccupantId } from './occupant-id.ts';
import { roleIs } from './privileges.ts';
import { retractOwn } from './retraction.ts';
import type { Room, Visit } from './room.ts';
import { checkPace } from './slow-mode.ts';
import { isSubjectChange, setSubject } from './subject.ts';

const NS_DELAY = 'urn:xmpp:delay';

export function receiveGroupchat(service: Service, room: Room, sent: Message): Awaitable<void> {
  const visit = room.visit(sent.from);
  if (visit === undefined) throw new StanzaError('not-acceptable', 'only occupants speak in this room');
  takeCredit(service, visit.occupant);
  const message = reflected(room, visit, sent);
  if (isSubjectChange(sent)) setSubject(service, room, visit, message);
  else if (!roleIs(visit.occupant.role, 'participant')) throw new StanzaError('forbidden', 'you have no voice');
  checkPace(service, room, visit.occupant.user, sent);
  const at = service.host.clock.now();
  return whenDone(retractOwn(service, room, visit.occupant, sent), () =>
    whenDone(service.archive.keep(room, visit, message, at), (kept) => {
      // §7.2.13: what only tells of other messages, such as chat states, is no history
      if (kept.child('body') !== undefined) room.history.add(kept, at, room.config.history);
      toAll(service, room, kept);
      service.away.tell(room, kept);
    }),
  );
}

/** Sends a message to all occupants: it is written once, and gets another address each time. */
export function toAll({ host }: Service, room: Room, message: Message): void {
  for (const { jid } of room.visits) void host.route(message.with({ to: jid }));
}

/** The message as the room sends it, without `to` and without what only the room says. */
function reflected(room: Room, { occupant }: Visit, sent: Message): Message {
  const jid = room.jid.toString();
  const isRooms = (node: Node) => typeof node !== 'string' && (isOfRoom(node, jid) || isOccupantId(node));
  const own = sent.children.some(isRooms) ? sent.children.filter((node) => !isRooms(node)) : sent.children;
  return sent.with({ from: occupant.jid, to: undefined }).withChildren([...own, occupant.id]);
}

/** XEP-0359 §3 rule 2, XEP-0203 §6, XEP-0313 §9.4: what claims to be by the room. */
function isOfRoom({ name, ns, attrs }: Element, room: string): boolean {
  if (ns === NS_CLIENT) return false;
  if (ns === NS_MUC_USER) return true;
  if (ns === NS_STANZA_ID) return name === 'stanza-id' && attrs.by === room;
  return ns === NS_DELAY && attrs.from === room;
}
