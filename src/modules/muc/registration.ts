/** XEP-0045 §7.10, §9.9: becoming a member by oneself, with a nickname that is reserved */
import {
  type Awaitable,
  dataForm,
  type Element,
  FilledForm,
  type FormField,
  GenerationCache,
  type Iq,
  Jid,
  JidError,
  type Message,
  message,
  ns,
  prepareResource,
  StanzaError,
} from '#core';
import { type Actor, actorOf } from './actor.ts';
import {
  type AffiliationChange,
  changeAffiliations,
  checkAffiliationChanges,
  checkReservation,
} from './affiliation.ts';
import type { Service } from './config.ts';
import { NS_REGISTER_FORM } from './namespaces.ts';
import { affiliationIs, affiliationMay } from './privileges.ts';
import type { Room } from './room.ts';
import type { RoomIqs, ThenTell } from './room-iqs.ts';

const NS_REGISTER = 'jabber:iq:register';
const register = ns(NS_REGISTER);
const NICK = 'muc#register_roomnick';
/** XEP-0068 §3.3: not among those of the form that are registered. */
const JID = 'x-muc#register_jid';

const nickField = { var: NICK, type: 'text-single', label: 'Desired Nickname' } as const satisfies FormField;

/** Nobody has the same admins asked again sooner. */
const PATIENCE_MS = 60_000;
const REMEMBERED = 10_000;

export function answerRegistration(service: Service, iqs: RoomIqs): void {
  /** By room and user, when admins were asked, in milliseconds since 1970. */
  const asked = new GenerationCache<number>(REMEMBERED);
  iqs.on('get', 'query', NS_REGISTER, (room, iq) => requirements(room, actorOf(room, iq.from as Jid)));
  iqs.on('set', 'query', NS_REGISTER, (room, iq) => submit(service, room, iq, asked));
}

function requirements(room: Room, { user, affiliation }: Actor): Element {
  checkMayRegister(room, affiliation);
  if (affiliationIs(affiliation, 'member')) {
    return register('query', {}, register('registered'), register('username', {}, room.reservedNick(user) ?? ''));
  }
  const instructions = 'Choose the nickname that will be yours in this room.';
  const form = dataForm('form', NS_REGISTER_FORM, [{ ...nickField, isRequired: true }], {
    title: `Registration with ${room.jid}`,
    instructions,
  });
  return register('query', {}, register('instructions', {}, instructions), form);
}

function checkMayRegister(room: Room, affiliation: Actor['affiliation']): void {
  if (room.isLocked) throw new StanzaError('item-not-found', 'this room is not open yet');
  if (affiliation === 'outcast') throw new StanzaError('not-allowed', 'you are banned from this room');
}

function submit(
  service: Service,
  room: Room,
  { payload, from }: Iq,
  asked: GenerationCache<number>,
): Awaitable<ThenTell | void> {
  const actor = actorOf(room, from as Jid);
  checkMayRegister(room, actor.affiliation);
  if (payload?.child('remove') !== undefined) return unregister(service, room, actor);
  const nick = nickIn(FilledForm.in(payload, NS_REGISTER_FORM));
  checkReservation(service, room, actor.user, nick);
  const isMember = affiliationIs(actor.affiliation, 'member');
  // Membership brings entry to the one kind of rooms, and voice to the other: that is for admins to give.
  if (!isMember && (room.config.isMembersOnly || room.config.isModerated)) {
    const [key, now] = [`${room.name}\0${actor.user}`, service.host.clock.now()];
    if (now - (asked.get(key) ?? Number.NEGATIVE_INFINITY) < PATIENCE_MS) {
      throw new StanzaError('policy-violation', 'the admins are asked already', { type: 'wait' });
    }
    asked.set(key, now);
    return askAdmins(service, room, actor.user, nick);
  }
  const affiliation = isMember ? actor.affiliation : 'member';
  return change(service, room, actor, { user: actor.user, affiliation, nick });
}

/** @throws StanzaError bad-request when there is none */
function nickIn(form: FilledForm | undefined): string {
  const nick = form?.text(NICK) ?? '';
  if (nick.trim() === '') throw new StanzaError('bad-request', 'a form with a nickname is expected');
  try {
    return prepareResource(nick);
  } catch (cause) {
    if (cause instanceof JidError) throw new StanzaError('bad-request', cause.message, { cause });
    throw cause;
  }
}

/** XEP-0077 §3.2 */
function unregister(service: Service, room: Room, actor: Actor): Awaitable<ThenTell> {
  if (actor.affiliation === 'none') throw new StanzaError('registration-required', 'you are no member of this room');
  if (actor.affiliation !== 'member') throw new StanzaError('not-allowed', 'owners and admins stay registered');
  return change(service, room, actor, { user: actor.user, affiliation: 'none' });
}

async function change(service: Service, room: Room, actor: Actor, wanted: AffiliationChange): Promise<ThenTell> {
  const tells = await changeAffiliations(service, room, actor, [wanted]);
  return {
    tell() {
      for (const tell of tells) tell();
    },
  };
}

/** §9.9 */
function askAdmins({ host }: Service, room: Room, user: Jid, nick: string): void {
  const form = dataForm(
    'form',
    NS_REGISTER_FORM,
    [
      { ...nickField, values: [nick] },
      { var: JID, type: 'jid-single', label: 'User', values: [user.toString()] },
      {
        var: 'muc#register_allow',
        type: 'boolean',
        label: 'Allow this person to register with the room?',
        values: ['0'],
      },
    ],
    { title: 'Registration request', instructions: 'To approve this request, choose to allow it and submit the form.' },
  );
  const request = message({ from: room.jid }, form);
  for (const [jid, { affiliation }] of room.affiliated) {
    if (affiliationIs(affiliation, 'admin')) void host.route(request.with({ to: Jid.parse(jid) }));
  }
}

/** §9.9: an admin has filled in what he was asked. @throws StanzaError forbidden, bad-request, conflict */
export async function approveRegistration(
  service: Service,
  room: Room,
  { from }: Message,
  form: FilledForm,
): Promise<void> {
  const actor = actorOf(room, from as Jid);
  if (!affiliationMay(actor.affiliation, 'editMemberList')) throw new StanzaError('forbidden', 'only admins do that');
  const [nick, user] = [nickIn(form), form.jid(JID)?.bare()];
  if (user === undefined) throw new StanzaError('bad-request', 'whom to register?');
  if (form.flag('muc#register_allow') !== true || room.affiliationOf(user) !== 'none') return;
  const wanted = { user, affiliation: 'member', nick } as const;
  checkAffiliationChanges(service, room, actor, [wanted]);
  for (const tell of await changeAffiliations(service, room, actor, [wanted])) tell();
}
