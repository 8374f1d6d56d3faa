/** 1050: a user whom the router has authenticated comes */
import { createHash } from 'node:crypto';
import {
  type ClientSession,
  type Jid,
  JidError,
  openSession,
  prepareLocal,
  randomResource,
  SaslError,
  StanzaError,
  type VirtualHost,
} from '#core';
import { encodeRouterLogin, type RouterLogin } from '#protocol/mars';
import type { Request } from '../request.ts';
import { MarsSession } from '../session/mars-session.ts';
import { presenceElement } from '../stanza-mapping/stanza.ts';
import { RoutedUser } from './routed.ts';
import { RoutedPlace } from './routed-place.ts';
import type { RouterLink } from './router-link.ts';

export async function logIn(link: RouterLink, request: Request): Promise<void> {
  const { body } = request;
  if (body.payload.case !== 'routerLogin') throw new StanzaError('bad-request', 'router_login is missing');
  const login = body.payload.value;
  const host = hostFor(link, body.to);
  const { routed } = link.connection.listener;
  const place = new RoutedPlace(link, body.uid);
  const envelope = { ...body, uid: '', type: '', to: '', from: '' };
  const presence = presenceElement(envelope, login.presence ?? {}, place.xmlLimits);
  const contacts = attempt(() => routed.jids.hold(login.roster.map(({ jid }) => jid)));
  let session: ClientSession;
  try {
    const username = usernameOf(link, body.uid);
    await enter(host, username);
    if (link.connection.isClosing) return routed.jids.release(contacts);
    // Not before: others come meanwhile.
    link.checkRoom(body.uid);
    session = open(link, host, username, login, contacts, place);
  } catch (error) {
    routed.jids.release(contacts);
    throw error;
  }
  place.user = new MarsSession(place, session, undefined);
  link.add(place);
  manage(link, session, body.uid, digestOf(login));
  routed.add(session);
  host.sessionBound(session);
  session.receive(presence);
  const online: string[] = [];
  const offline: string[] = [];
  for (const contact of contacts) (isOnline(host, contact) ? online : offline).push(contact.toString());
  request.answer({
    uid: body.uid,
    payload: {
      case: 'routerContacts',
      value: { jid: session.jid.toString(), online, offline },
    },
  });
}

/** SHA-256 of the message, in the one form that encoders of protocol buffers give it; a character for each byte. */
function digestOf(login: RouterLogin): string {
  return createHash('sha256').update(encodeRouterLogin(login)).digest().toString('latin1');
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

/** Its first login makes the account known here. @throws StanzaError forbidden: it is banned or disabled; resource-constraint */
async function enter(host: VirtualHost, username: string): Promise<void> {
  try {
    await host.admitLogin(username);
  } catch (error) {
    if (!(error instanceof SaslError)) throw error;
    const condition = error.condition === 'account-disabled' ? 'forbidden' : 'resource-constraint';
    throw new StanzaError(condition, error.text, { cause: error });
  }
  const account = await host.accounts.get(username);
  if (account === undefined || account.disabled) throw new StanzaError('forbidden', 'the account is disabled');
}

function open(
  { connection }: RouterLink,
  host: VirtualHost,
  username: string,
  { resource }: RouterLogin,
  contacts: readonly Jid[],
  place: RoutedPlace,
): ClientSession {
  const { core, routed } = connection.listener;
  const user = routed.jids.same(host.userJid(username));
  const jid = attempt(() => user.withResource(resource === '' ? randomResource() : resource));
  return openSession(host, jid, { link: place, environment: { limits: core.limits } }, { contacts });
}

function manage({ connection, rule }: RouterLink, session: ClientSession, uid: string, digest: string): void {
  const { config, rules } = connection.listener;
  session.manage(rules, new RoutedUser(rule, uid, digest, config.router_grace_seconds * 1_000));
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
