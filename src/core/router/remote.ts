/** RFC 6120 §10.4: the way to the domains of other servers */
import type { Awaitable } from '../awaitable.ts';
import type { Stanza } from '../stanza/index.ts';

/** What the composition root gives the router for domains that are not served here. */
export interface RemoteRoute {
  /**
   * Takes a stanza from one of our domains to one that is not. What cannot be delivered later comes back to the router, as
   * an error in answer to it.
   *
   * @throws StanzaError remote-server-not-found, remote-server-timeout, resource-constraint
   */
  send(stanza: Stanza): Awaitable<void>;
}
