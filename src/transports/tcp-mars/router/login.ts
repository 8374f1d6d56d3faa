/** 1050: a user whom the router has authenticated comes */
import { createHash, randomBytes } from 'node:crypto';
import { toBinary } from '@bufbuild/protobuf';
import {
  type ClientSession,
  Jid,
  JidError,
  openSession,
  prepareLocal,
  randomResource,
  SaslError,
  StanzaError,
  type VirtualHost,
} from '#core';
import { type RouterLogin, RouterLoginSchema } from '#protocol/mars';
import type { Request } from '../request.ts';
import { MarsSession } from '../session/mars-session.ts';
import { presenceElement } from '../stanza-mapping/stanza.ts';
import { RoutedPlace } from './routed-place.ts';
import type { RouterLink } from './router-link.ts';

export async function logIn(link: RouterLink, request: Request): Promise<void> {
  const { body } = request;
  if (body.payload.case !== 'routerLogin') throw new StanzaError('bad-request', 'router_login is missing');
  const login = body.payload.value;
  const contacts = contactsOf(login);
  const host = hostFor(link, body.to);
  const username = usernameOf(link, body.uid);
  link.checkRoom(body.uid);
  await enter(host, username);
  if (link.connection.isClosing) return;
  const place = new RoutedPlace(link, body.uid);
  const session = open(link, host, username, login, place);
  place.user = new MarsSession(place, session, undefined);
  link.add(place);
  link.connection.listener.routed.add(link.rule.name, body.uid, { session, digest: digestOf(login) });
  host.sessionBound(session);
  const show = presenceElement({ ...body, uid: '', type: '', to: '' }, login.presence ?? {}, place.xmlLimits);
  session.receive(show);
  for (const contact of contacts) session.receive(show.with({ to: contact.toString() }));
  const online = contacts.filter((contact) => isOnline(host, contact));
  const offline = contacts.filter((contact) => !online.includes(contact));
  request.answer({
    uid: body.uid,
    payload: {
      case: 'routerContacts',
      value: { jid: session.jid.toString(), online: online.map(String), offline: offline.map(String) },
    },
  });
}

/** SHA-256 of the message, in the one form that encoders of protocol buffers give it. */
export function digestOf(login: RouterLogin): Buffer {
  return createHash('sha256').update(toBinary(RouterLoginSchema, login)).digest();
}

function hostFor({ connection, rule }: RouterLink, to: string): VirtualHost {
  const domain = to === '' ? rule.domains[0] : to;
  const host =
    domain !== undefined && rule.domains.includes(domain) && connection.listener.core.router.usersHost(domain);
  if (!host) throw new StanzaError('forbidden', `${domain} is not for this router`);
  return host;
}

function usernameOf({ rule }: RouterLink, uid: string): string {
  const username = attempt(() => prepareLocal(uid));
  if (!new RegExp(rule.users).test(username)) throw new StanzaError('forbidden', `${uid} is not for this router`);
  return username;
}

/** Its first login makes the account known here. */
async function enter(host: VirtualHost, username: string): Promise<void> {
  try {
    await host.accountLoggedIn(username);
  } catch (error) {
    if (error instanceof SaslError) throw new StanzaError('resource-constraint', error.text, { cause: error });
    throw error;
  }
  const account = await host.accounts.get(username);
  if (account === undefined || account.disabled) throw new StanzaError('forbidden', 'the account is disabled');
}

function open(
  { connection }: RouterLink,
  host: VirtualHost,
  username: string,
  { resource }: RouterLogin,
  place: RoutedPlace,
): ClientSession {
  const jid = attempt(() => host.userJid(username).withResource(resource === '' ? randomResource() : resource));
  const { core, config, rules } = connection.listener;
  const session = openSession(host, jid, { link: place, environment: { limits: core.limits } }, {});
  const id = randomBytes(18).toString('base64url');
  session.manage(rules, { id, patienceMs: config.router_grace_seconds * 1_000 });
  return session;
}

function contactsOf({ roster }: RouterLogin): readonly Jid[] {
  return roster.map(({ jid }) => attempt(() => Jid.parse(jid).bare()));
}

function isOnline(host: VirtualHost, contact: Jid): boolean {
  return (
    host.router
      .host(contact.domain)
      ?.sessions.of(contact)
      .some(({ available }) => available) ?? false
  );
}

/** @throws StanzaError jid-malformed */
function attempt<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof JidError) throw new StanzaError('jid-malformed', error.message, { cause: error });
    throw error;
  }
}
