/** XEP-0045 §7.8, §9.5: invitations by way of the room, and answers to them */
import {
  type Awaitable,
  type Element,
  GenerationCache,
  type Host,
  Jid,
  type Message,
  message,
  ns,
  type StanzaCondition,
  StanzaError,
  whenDone,
} from '#core';
import { actorOf } from './actor.ts';
import { changeAffiliations } from './affiliation.ts';
import type { Service } from './config.ts';
import { invitation } from './invitation.ts';
import { takeCredit } from './message-rate.ts';
import { NS_MUC_USER } from './namespaces.ts';
import { affiliationMay } from './privileges.ts';
import type { Room } from './room.ts';

const muc = ns(NS_MUC_USER);

/** Invitations that may still come back. */
const REMEMBERED = 2_000;
/** §7.8.2: what is said of an address at which there is nobody. */
const NOBODY: ReadonlySet<StanzaCondition> = new Set([
  'gone',
  'item-not-found',
  'remote-server-not-found',
  'service-unavailable',
]);

/** Invitations that are on their way: who invites somebody who does not exist is told so. */
export class Invitations {
  readonly #host: Host;
  /** As they were sent but for their content, which may be large; by the room, who is invited, and the id. */
  readonly #sent = new GenerationCache<Message>(REMEMBERED);

  constructor(host: Host) {
    this.#host = host;
  }

  add(room: Room, to: Jid, sent: Message): void {
    if (sent.id !== undefined) this.#sent.set(keyOf(room.jid, to, sent.id), sent.withChildren([]));
  }

  /** An error came to a room. */
  returned(error: Message): void {
    const { from, to, id } = error;
    if (from === undefined || to === undefined || id === undefined) return;
    const key = keyOf(to, from, id);
    const sent = this.#sent.get(key);
    if (sent === undefined) return;
    this.#sent.delete(key);
    const { condition, text } = StanzaError.from(error);
    const refusal = NOBODY.has(condition)
      ? new StanzaError('item-not-found', `nobody is there at ${from}`)
      : new StanzaError(condition, text);
    void this.#host.route(sent.errorReply(refusal));
  }
}

function keyOf(room: Jid, invited: Jid, id: string): string {
  return `${room} ${invited} ${id}`;
}

/** What an invitation may bring along. */
const PASSED_ON: ReadonlySet<string> = new Set(['reason', 'continue']);

export function isInvitation(sent: Message): boolean {
  const x = sent.child('x', NS_MUC_USER);
  return x?.child('invite') !== undefined || x?.child('decline') !== undefined;
}

export function receiveInvitation(service: Service, room: Room, sent: Message): Awaitable<void> {
  const x = sent.child('x', NS_MUC_USER) as Element;
  const decline = x.child('decline');
  return decline === undefined ? invite(service, room, sent, x) : passDecline(service, room, sent, decline);
}

function invite(service: Service, room: Room, sent: Message, x: Element): Awaitable<void> {
  const actor = actorOf(room, sent.from as Jid);
  const isAdmin = affiliationMay(actor.affiliation, 'editMemberList');
  if (actor.role === 'none' && !isAdmin) throw new StanzaError('not-acceptable', 'only occupants invite');
  const visit = room.visit(sent.from);
  if (visit !== undefined) takeCredit(service, visit.occupant);
  const { isMembersOnly, allowInvites } = room.config;
  if (isMembersOnly && !isAdmin && !allowInvites) throw new StanzaError('forbidden', 'only admins invite');
  const invites = x.elements('invite').map((element) => ({ element, to: addressee(element) }));
  const most = service.host.config.max_invitations;
  if (invites.length > most) throw new StanzaError('policy-violation', `at most ${most} invitations at a time`);
  // §9.5: who is invited to a members-only room may enter it.
  const members = isMembersOnly ? invites.filter(({ to }) => room.affiliationOf(to) === 'none') : [];
  const changes = members.map(({ to }) => ({ user: to.bare(), affiliation: 'member' as const }));
  const added = changes.length === 0 ? undefined : changeAffiliations(service, room, actor, changes);
  return whenDone<unknown, void>(added, () => {
    for (const { element, to } of invites) {
      const passedOn = element.elements().filter(({ name }) => PASSED_ON.has(name));
      service.invitations.add(room, to, sent);
      void service.host.route(invitation(room, to, actor.user, passedOn).with({ id: sent.id }));
    }
  });
}

/** §7.8.2: who was invited says that he will not come. It goes to those only who have to do with the room. */
function passDecline({ host }: Service, room: Room, sent: Message, decline: Element): void {
  const to = addressee(decline);
  const isInviter = room.affiliated.has(to.bare().toString()) || room.occupantsOf(to.bare()).length > 0;
  const occupant = to.bare().equals(room.jid) ? room.occupant(to.resource) : undefined;
  if (!isInviter && occupant === undefined) throw new StanzaError('item-not-found', 'nobody of that address is here');
  const from = (sent.from as Jid).bare().toString();
  const passedOn = muc('decline', { from }, decline.elements('reason'));
  const answer = message({ from: room.jid, id: sent.id }, muc('x', {}, passedOn));
  for (const jid of occupant?.visits.map((visit) => visit.jid) ?? [to]) void host.route(answer.with({ to: jid }));
}

function addressee(element: Element): Jid {
  const { to } = element.attrs;
  if (to === undefined) throw new StanzaError('bad-request', 'to whom?');
  const jid = Jid.tryParse(to);
  if (jid === undefined) throw new StanzaError('jid-malformed', `not an address: ${to}`);
  return jid;
}
