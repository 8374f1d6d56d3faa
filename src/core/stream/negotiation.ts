import type { Jid } from '../jid/index.ts';
import type { Logger } from '../log/index.ts';
import type { Router } from '../router/index.ts';
import type { ClientSession } from '../session/index.ts';
import type { StreamEnvironment } from './bound-stream.ts';
import type { XmlLink } from './link.ts';
import type { StreamError } from './stream-error.ts';

export interface NegotiationEnvironment extends StreamEnvironment {
  readonly router: Router;
  readonly log: Logger;
}

/** A negotiation as its facets see it: logging in, binding, and what may be asked before. */
export interface Negotiation {
  readonly link: XmlLink;
  readonly environment: NegotiationEnvironment;
  /** Of the client's stream header. */
  readonly lang: string | undefined;
  /** The stream has ended, or is a session's. */
  readonly isOver: boolean;
  /** @param leave ends an account that lasts as long as the connection; called once, when that is over */
  authenticated(user: Jid, leave: (() => void) | undefined): void;
  /** The link is the session's from now on. */
  handOver(session: ClientSession): void;
  /** Ends the stream, with an error when there is one. */
  fail(error?: StreamError): void;
  /** Ends the stream for a bug of ours. */
  crash(error: unknown): void;
}
