/** XEP-0045 §6.6, §17.4: requests from one occupant to another, neither of whom learns the real JID of the other */
import { type Iq, StanzaError } from '#core';
import type { Service } from './config.ts';
import type { Occupant, Room } from './room.ts';
import { isSelfPing } from './self-ping.ts';

/** Of a request that is passed on: which client of the occupant it came from, then its own id. */
const PASSED_ON = /^(\d+)-(.*)$/s;

export function passOn(service: Service, room: Room, iq: Iq, nick: string): void {
  const sender = room.visit(iq.from);
  if (iq.type === 'result' || iq.type === 'error') return sender && answer(service, room, iq, sender.occupant, nick);
  if (sender === undefined) {
    const isDisco = iq.payload?.ns.startsWith('http://jabber.org/protocol/disco#');
    throw new StanzaError(isDisco ? 'bad-request' : 'not-acceptable', 'only occupants ask occupants'); // §6.6
  }
  const receiver = room.occupant(nick);
  if (receiver === undefined) throw new StanzaError('item-not-found', `${nick} is not in this room`);
  if (isSelfPing(iq, sender.occupant, receiver)) return void service.host.route(iq.result());
  const to = receiver.shown?.jid;
  void service.host.route(iq.with({ from: sender.occupant.jid, to, id: `${sender.number}-${iq.id}` }));
}

function answer({ host }: Service, room: Room, iq: Iq, from: Occupant, nick: string): void {
  const [, number, id] = PASSED_ON.exec(iq.id ?? '') ?? [];
  const asker = room.occupant(nick)?.visits.find((visit) => visit.number === Number(number));
  if (asker !== undefined) void host.route(iq.with({ from: from.jid, to: asker.jid, id }));
}
