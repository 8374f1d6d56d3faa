/** The events a stanza and a session go through, in the order of docs/architecture.md */
import type { Jid } from '../jid/index.ts';
import type { ClientSession } from '../session/index.ts';
import type { Message, Presence, Stanza } from '../stanza/index.ts';

/** Events that carry a stanza: they can be guarded, amended, handled and observed. */
export interface StanzaEvents {
  /** A bound client sent this; `from` is stamped. Runs on the client's own host, before routing. */
  'client:sent': { readonly session: ClientSession; stanza: Stanza };
  /**
   * A client of this host sent this message, and it goes on its way. `stanza` is the copy of the account itself: what
   * becomes of it here is for its archive and its other sessions, and does not change what is routed.
   */
  'message:sent': { readonly session: ClientSession; stanza: Message };
  /** A stanza reached this virtual host, from whatever origin. Runs before delivery. */
  'host:arrived': { stanza: Stanza };
  /**
   * A message is for this existing account, and is about to be handed to `sessions`; none when nobody is there to take it,
   * which is told for chat and normal only and before message:offline. What it becomes here is what they get. Who hands it to
   * more sessions adds them to `holders`: while one of them has it nobody else needs it.
   */
  'message:received': {
    readonly user: Jid;
    readonly sessions: readonly ClientSession[];
    readonly holders: ClientSession[];
    stanza: Message;
  };
  /**
   * A message of type chat or normal for an existing account found no session to take it (RFC 6121 §8.5.2.2.1).
   * `at`, in milliseconds since 1970, is when it came: before now if a session was handed it, which ended (XEP-0198 §4).
   */
  'message:offline': { readonly user: Jid; readonly at: number; stanza: Message };
  /**
   * This session ended before its client acknowledged this message, and no other session was handed it: it goes to those that
   * are left, or to message:offline. What the account told only this session, such as a carbon, goes nowhere.
   */
  'message:unacknowledged': { readonly session: ClientSession; stanza: Message };
  /** About to be written to this session. */
  'client:delivering': { readonly session: ClientSession; stanza: Stanza };
}

/** Events without a stanza: they can only be observed. */
export interface NoticeEvents {
  /** A resource was bound; nothing was sent by it yet. */
  'session:bound': { readonly session: ClientSession };
  /** Its link is lost; it goes on without one until it is resumed or its time is over. */
  'session:detached': { readonly session: ClientSession };
  /** Has a link again, and what the client had not acknowledged is written to it. */
  'session:resumed': { readonly session: ClientSession };
  /** Sent its first presence, or came back after unavailable (RFC 6121 §4.2). `presence` is what it sent. */
  'session:available': { readonly session: ClientSession; readonly presence: Presence };
  /** Went unavailable by its own word or by loss of any kind (RFC 6121 §4.5); comes before session:closed. */
  'session:unavailable': { readonly session: ClientSession; readonly presence: Presence };
  /** The session is over; it is out of the registry already. */
  'session:closed': { readonly session: ClientSession };
  /**
   * A room that this user belongs to had this message for all who are in it, and he is not. Of local users only; `stanza` has
   * no `to`.
   */
  'message:missed': { readonly user: Jid; readonly stanza: Message };
  /** The server stops: sessions are about to end. */
  'host:stopping': Readonly<Record<never, never>>;
  /** A stream with the server of another domain broke, and nobody went on with it: that server may have started anew. */
  'remote:lost': { readonly domain: string };
  /** The server of another domain cannot be reached: what was to be sent there is given up. Told once, until it was reached again. */
  'remote:unreachable': { readonly domain: string };
  'account:created': { readonly user: Jid };
  /** The account is gone; modules purge what they keep for it, those of the services as well. */
  'account:deleted': { readonly user: Jid };
}

export type EventMap = StanzaEvents & NoticeEvents;
export type StanzaEvent = keyof StanzaEvents;
export type EventName = keyof EventMap;
