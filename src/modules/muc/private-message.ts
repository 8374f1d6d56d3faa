/** XEP-0045 §7.5: messages from one occupant to another */
import { type Message, type Node, ns, StanzaError } from '#core';
import type { Service } from './config.ts';
import { takeCredit } from './message-rate.ts';
import { NS_MUC_USER } from './namespaces.ts';
import { isOccupantId } from './occupant-id.ts';
import { type Role, roleIs } from './privileges.ts';
import type { Room } from './room.ts';
import type { RoomConfig } from './room-config.ts';

const muc = ns(NS_MUC_USER);

/** The least role that may, by the option of the room. */
const LEAST: Readonly<Record<RoomConfig['allowPrivate'], Role | undefined>> = {
  anyone: 'visitor',
  participants: 'participant',
  moderators: 'moderator',
  none: undefined,
};

/** @param nick whom it is for */
export function receivePrivate(service: Service, room: Room, sent: Message, nick: string): void {
  if (sent.type === 'groupchat') throw new StanzaError('bad-request', 'a message to one occupant is of type chat');
  const sender = room.visit(sent.from)?.occupant;
  if (sender === undefined) throw new StanzaError('not-acceptable', 'only occupants send messages to occupants');
  takeCredit(service, sender);
  const least = LEAST[room.config.allowPrivate];
  if (least === undefined || !roleIs(sender.role, least)) {
    throw new StanzaError('forbidden', 'you may not send private messages in this room');
  }
  const receiver = room.occupant(nick);
  if (receiver === undefined) throw new StanzaError('item-not-found', `${nick} is not in this room`);
  const isRooms = (node: Node) => typeof node !== 'string' && (node.ns === NS_MUC_USER || isOccupantId(node));
  const others = sent.children.filter((node) => !isRooms(node));
  const message = sent.with({ from: sender.jid, to: undefined }).withChildren([...others, muc('x'), sender.id]);
  for (const { jid } of receiver.visits) void service.host.route(message.with({ to: jid })); // §7.2.8
}
