/** XEP-0198 §5: the incoming streams that can be resumed, by the id their peers were told, and those that wait for it */
import { randomBytes } from 'node:crypto';
import type { ResumableStream } from './resumable-stream.ts';

export class Suspensions {
  readonly #limit: () => number;
  readonly #streams = new Map<string, ResumableStream>();
  /** Those without a connection, by remote domain, oldest first. */
  readonly #lost = new Map<string, Set<ResumableStream>>();

  /** @param limit of those that wait of one domain */
  constructor(limit: () => number) {
    this.#limit = limit;
  }

  /** Gives its id, which is not guessable and never given twice. */
  add(stream: ResumableStream): string {
    const id = randomBytes(18).toString('base64url');
    this.#streams.set(id, stream);
    return id;
  }

  get(id: string): ResumableStream | undefined {
    return this.#streams.get(id);
  }

  /** It has lost its connection. With too many of the same domain the oldest is given up. */
  lost(remote: string, stream: ResumableStream): void {
    const streams = this.#lost.get(remote) ?? new Set();
    this.#lost.set(remote, streams.add(stream));
    const [oldest] = streams;
    if (streams.size > this.#limit()) oldest?.giveUp();
  }

  /** It has a connection again. */
  resumed(remote: string, stream: ResumableStream): void {
    const streams = this.#lost.get(remote);
    streams?.delete(stream);
    if (streams?.size === 0) this.#lost.delete(remote);
  }

  /** Nobody can resume it any more. */
  delete(id: string, remote: string, stream: ResumableStream): void {
    this.#streams.delete(id);
    this.resumed(remote, stream);
  }
}
