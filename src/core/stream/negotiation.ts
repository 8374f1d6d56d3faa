import type { LoginAdmission } from '../auth/index.ts';
import type { Jid } from '../jid/index.ts';
import type { Logger } from '../log/index.ts';
import type { Router } from '../router/index.ts';
import type { ClientSession, UserAgent } from '../session/index.ts';
import type { StreamEnvironment } from './bound-stream.ts';
import type { XmlLink } from './link.ts';
import type { StreamError } from './stream-error.ts';

export interface NegotiationEnvironment extends StreamEnvironment {
  readonly router: Router;
  readonly log: Logger;
  readonly logins: LoginAdmission;
}

/** What a successful login says. */
export interface Login {
  /** Bare JID. */
  readonly user: Jid;
  readonly userAgent?: UserAgent | undefined;
  /** Ends an account that lasts as long as the connection; called once, when that is over. */
  readonly leave: (() => void) | undefined;
}

/** A negotiation as its facets see it: logging in, binding, and what may be asked before. */
export interface Negotiation {
  readonly link: XmlLink;
  readonly environment: NegotiationEnvironment;
  /** Of the client's stream header, as `from`: a bare JID, which nothing proves. */
  readonly lang: string | undefined;
  readonly from: Jid | undefined;
  readonly userAgent: UserAgent | undefined;
  /** The stream has ended, or is a session's. */
  readonly isOver: boolean;
  authenticated(login: Login): void;
  /** Awaits a new stream header (RFC 6120 §6.4.6). */
  restart(): void;
  /** Sends the features of the stream as it is now. @param session when one was made within the login */
  sendFeatures(session?: ClientSession): void;
  /** The link is the session's from now on. */
  handOver(session: ClientSession): void;
  /** Ends the stream, with an error when there is one. */
  fail(error?: StreamError): void;
  /** Ends the stream for a bug of ours. */
  crash(error: unknown): void;
}
