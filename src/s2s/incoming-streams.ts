/** RFC 6120 §13.12: the streams other servers began are bounded, before they have proved a domain and of each domain */
import { StreamError } from '#core';
import type { ServerStream } from './server-stream.ts';

export interface IncomingLimits {
  readonly pending_streams: number;
  readonly streams_per_domain: number;
}

export class IncomingStreams {
  readonly #limits: IncomingLimits;
  /** Those that have proved nothing yet. */
  readonly #pending = new Set<ServerStream>();
  /** By the domain that they have proved first of all, oldest first. */
  readonly #proved = new Map<string, Set<ServerStream>>();

  constructor(limits: IncomingLimits) {
    this.#limits = limits;
  }

  /** Whether no other one is let in. */
  get isFull(): boolean {
    return this.#pending.size >= this.#limits.pending_streams;
  }

  /** Whether there are streams of this domain. */
  has(remote: string): boolean {
    return this.#proved.has(remote);
  }

  entered(stream: ServerStream): void {
    this.#pending.add(stream);
  }

  /** With too many of the same domain the oldest is closed. */
  proved(stream: ServerStream, remote: string): void {
    this.#pending.delete(stream);
    const streams = this.#proved.get(remote) ?? new Set();
    this.#proved.set(remote, streams.add(stream));
    if (streams.size <= this.#limits.streams_per_domain) return;
    const [oldest] = streams;
    if (oldest === undefined) return;
    streams.delete(oldest);
    oldest.fail(new StreamError('resource-constraint', 'too many streams of this domain'));
  }

  ended(stream: ServerStream): void {
    this.#pending.delete(stream);
    const remote = stream.provedDomain ?? '';
    const streams = this.#proved.get(remote);
    streams?.delete(stream);
    if (streams?.size === 0) this.#proved.delete(remote);
  }
}
