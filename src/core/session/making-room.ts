/** RFC 6120 §7.6.2.1, §4.9.3.3: who gives way when an account has as many sessions as it may; docs/sessions.md */
import { StanzaError } from '../stanza/index.ts';
import { StreamError } from '../stream/stream-error.ts';
import { type Element, ns } from '../xml/index.ts';
import type { ClientSession } from './client-session.ts';
import type { SessionClass, SessionPolicy } from './config.ts';
import { NS_SESSIONS } from './namespace.ts';

/** What tells sessions of one kind from those of another. */
export interface SessionTraits {
  readonly resource: string;
  readonly transport: string;
  /** Undefined where the client does not say. */
  readonly software: string | undefined;
}

/** A session that has to end, and what it is told. */
export interface Displaced {
  readonly session: ClientSession;
  readonly error: StreamError;
}

const sessions = ns(NS_SESSIONS);

/**
 * @param present the sessions of the account, oldest first
 * @param most how many there may be of whatever kind
 * @throws StanzaError resource-constraint: it is the newcomer who gives way
 */
export function makeRoom(
  present: readonly ClientSession[],
  newcomer: SessionTraits,
  policy: SessionPolicy,
  most: number,
): readonly Displaced[] {
  const { classes } = policy;
  const own = classOf(newcomer, classes);
  const alike = own === undefined ? [] : present.filter((session) => classOf(traits(session), classes) === own);
  const ofClass = own === undefined ? [] : displaced(alike, own.most, own.wins, own.name);
  const rest = present.filter((other) => !ofClass.some(({ session }) => session === other));
  return [...ofClass, ...displaced(rest, most, policy.wins)];
}

function displaced(
  present: readonly ClientSession[],
  most: number,
  wins: SessionPolicy['wins'],
  className?: string,
): Displaced[] {
  if (present.length < most) return [];
  const sessionsOfIt = `${most === 1 ? 'session' : 'sessions'}${className === undefined ? '' : ` of class ${className}`}`;
  const text = `an account has at most ${most} ${sessionsOfIt}`;
  const application = tooMany(most, className);
  if (wins === 'oldest') throw new StanzaError('resource-constraint', text, { application });
  return present
    .slice(0, present.length - most + 1)
    .map((session) => ({ session, error: new StreamError('conflict', text, { application }) }));
}

function tooMany(most: number, className: string | undefined): Element {
  return sessions('too-many', { most: String(most), class: className });
}

/** The first that it fits in everything the class says. */
function classOf(session: SessionTraits, classes: readonly SessionClass[]): SessionClass | undefined {
  return classes.find(
    ({ resource, software, transport }) =>
      fits(session.resource, resource) &&
      fits(session.software ?? '', software) &&
      (transport === undefined || transport === session.transport),
  );
}

function fits(text: string, pattern: string | undefined): boolean {
  return pattern === undefined || new RegExp(pattern, 'i').test(text);
}

function traits({ jid, connection, userAgent }: ClientSession): SessionTraits {
  return { resource: jid.resource, transport: connection.peer.transport, software: userAgent?.software };
}
