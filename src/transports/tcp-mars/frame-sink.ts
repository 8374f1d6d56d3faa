import type { Stanza } from '#core';
import type { Request } from './request.ts';

/** What a connection feeds: at first a login, then a session. */
export interface FrameSink {
  /** @throws StanzaError it is refused; StreamError the connection ends */
  request(request: Request): void;
  /** Whether the stanza is the answer to a request, and went out as such. */
  answers(stanza: Stanza): boolean;
  /** @returns ms until it wants to be asked again; 0 for never */
  due(now: number): number;
  /** The connection is about to be closed, and not for an error. */
  closing(): void;
  /** The connection was closed for a fault, or by the end of the server. */
  failed(): void;
  /** The connection is gone. */
  disconnected(): void;
}
