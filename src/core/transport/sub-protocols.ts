/** RFC 6455 §1.9: what else than XMPP WebSockets carry. One transport brings it, another has the sockets. */
import type { ByteLink } from './byte-link.ts';

/** Takes a new link, whose address was admitted, and sets its sink in the same turn. It owes `admission.leave`. */
export type AcceptLink = (link: ByteLink) => void;

export class SubProtocols {
  readonly #accept = new Map<string, AcceptLink>();

  /** The first who offers a name has it; the returned function takes the offer back. */
  offer(name: string, accept: AcceptLink): () => void {
    if (this.#accept.has(name)) return () => {};
    this.#accept.set(name, accept);
    return () => void this.#accept.delete(name);
  }

  find(name: string): AcceptLink | undefined {
    return this.#accept.get(name);
  }
}
