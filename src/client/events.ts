/** What a client tells the program around it */
import type { Body, DirectOffer, Kick, Message, Presence, Redirect, Roster, StreamError } from '#protocol/mars';
import type { Notification } from './calls.ts';
import type { RefusedError } from './errors.ts';

export interface ClientEvents {
  /** A session has begun, or goes on: then `missed` says how many stanzas follow. Presence and rooms belong to the session. */
  readonly online: readonly [session: { readonly jid: string; readonly missed: number | undefined }];
  /** The connection was lost; the client tries again after so many milliseconds. */
  readonly offline: readonly [reason: Error, retryMs: number];
  /** The client is done, and does not come back. No reason: `close()` was called. */
  readonly closed: readonly [reason: Error | undefined];
  /** After a resumption: everything that was missed has been told. */
  readonly replayed: readonly [];
  readonly message: readonly [message: Message, envelope: Body];
  readonly presence: readonly [presence: Presence, envelope: Body];
  /** Contacts that changed. */
  readonly roster: readonly [changes: Roster, envelope: Body];
  /** A service tells something. */
  readonly notification: readonly [notification: Notification, envelope: Body];
  readonly kick: readonly [kick: Kick];
  readonly redirect: readonly [redirect: Redirect];
  readonly streamError: readonly [error: StreamError];
  /** 1107: somebody wants a connection past the server; the envelope says who. */
  readonly directOffer: readonly [offer: DirectOffer, envelope: Body];
  /** What nobody waits for was refused: what `send` had sent, such as a movement in a scene, or what was given up before. */
  readonly refused: readonly [error: RefusedError, command: number];
  /** Every push, known or not, and those above. Of a batch, each of it. */
  readonly push: readonly [command: number, body: Body];
}
