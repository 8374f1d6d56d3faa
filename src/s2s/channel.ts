/** RFC 6120 §10.4: the stanzas of one of our domains to one domain of another server: their queue and their stream */
import { type Deadline, Iq, type Stanza, StanzaError } from '#core';
import { ConnectError } from './connect-error.ts';
import type { Pair } from './pair.ts';
import type { ServerStream } from './server-stream.ts';
import type { Sent } from './stream-management.ts';

const FIRST_RETRY_MS = 1_000;
const EVERY_MS = 1_000;

/** What the channels to one remote domain share. */
export interface Budget {
  stanzas: number;
  bytes: number;
}

export interface ChannelHost {
  readonly config: {
    readonly queue_stanzas: number;
    readonly queue_bytes: number;
    readonly queue_seconds: number;
    readonly retry_seconds: number;
  };
  now(): number;
  /** How long the other server may take to notice that the connection of its stream is lost, and to go on with it. */
  resumptionMs(): number;
  after(ms: number, action: () => void): () => void;
  watch(deadline: Deadline, ms: number): void;
  unwatch(deadline: Deadline): void;
  /** Opens a stream, which tells the channel. Rejects with a ConnectError. */
  dial(pair: Pair, resumes: ServerStream | undefined): Promise<void>;
  refuse(stanza: Stanza, error: StanzaError): void;
  /** What waited is given up. Told once until a stream is opened. */
  unreachable(remote: string): void;
  /** There is nothing to remember of the channel. */
  idle(channel: Channel): void;
}

/**
 * Whether a stream takes the place of one that is lost. One that we began we go on with, and then know what has arrived: on any
 * other stream that would come twice. One that the other server began it may have given up.
 */
function replaces(stream: ServerStream, lost: ServerStream): boolean {
  const goesOn = stream.management !== undefined && stream.management === lost.management;
  return goesOn || lost.direction === 'incoming';
}

export type ChannelState = 'open' | 'connecting' | 'suspended' | 'failing' | 'idle';

export class Channel implements Deadline {
  readonly pair: Pair;
  readonly #host: ChannelHost;
  readonly #budget: Budget;
  #queue: Sent[] = [];
  #stream: ServerStream | undefined;
  /** Lost, and not resumed yet. */
  #suspended: ServerStream | undefined;
  #suspendedAt = 0;
  #isDialing = false;
  #failure: ConnectError | undefined;
  #failures = 0;
  #failingSince = 0;
  #retryAt = 0;
  #cancelRetry: (() => void) | undefined;
  /** There was a stream once. */
  #isKnown = false;
  /** It was told so. */
  #isUnreachable = false;
  #isEnded = false;

  constructor(pair: Pair, host: ChannelHost, budget: Budget) {
    this.pair = pair;
    this.#host = host;
    this.#budget = budget;
  }

  get stream(): ServerStream | undefined {
    return this.#stream;
  }

  get state(): ChannelState {
    if (this.#stream !== undefined) return 'open';
    if (this.#isDialing) return 'connecting';
    if (this.#suspended !== undefined) return 'suspended';
    return this.#failure === undefined ? 'idle' : 'failing';
  }

  /** The other server may go on with a stream that it began and that was lost. */
  get awaitsResumption(): boolean {
    return this.#suspended?.direction === 'incoming';
  }

  get failure(): ConnectError | undefined {
    return this.#failure;
  }

  get queued(): number {
    return this.#queue.length;
  }

  /** Whether it can be forgotten. */
  get isIdle(): boolean {
    const isWaiting = this.#queue.length > 0 || this.#suspended !== undefined || this.#isDialing;
    return this.#stream === undefined && !isWaiting && this.#host.now() >= this.#retryAt;
  }

  /** @throws StanzaError when the server is known to be out of reach, or too much waits for it */
  send(stanza: Stanza): void {
    const now = this.#host.now();
    const stream = this.#stream;
    if (stream !== undefined && this.#queue.length === 0 && !stream.isFull) return stream.send({ stanza, at: now });
    if (this.#isHopeless(now)) throw this.#errorOf(this.#failure as ConnectError);
    this.#enqueue({ stanza, at: now });
    if (stream === undefined) this.#dial();
  }

  /** While it is not time for another attempt nothing waits for one that would come too late. */
  #isHopeless(now: number): boolean {
    const failure = this.#failure;
    if (this.#stream !== undefined || this.#suspended !== undefined || failure === undefined) return false;
    if (this.#isDialing || now >= this.#retryAt) return false;
    return this.#isFinal(failure) || now - this.#failingSince >= this.#host.config.queue_seconds * 1000;
  }

  #enqueue(sent: Sent): void {
    const { config } = this.#host;
    const { size } = sent.stanza;
    if (this.#budget.stanzas >= config.queue_stanzas || this.#budget.bytes + size > config.queue_bytes) {
      throw new StanzaError('resource-constraint', `too much waits for ${this.pair.remote}`);
    }
    this.#queue.push(sent);
    this.#count(1, size);
    if (this.#queue.length === 1) this.#host.watch(this, EVERY_MS);
  }

  #count(stanzas: number, bytes: number): void {
    this.#budget.stanzas += stanzas;
    this.#budget.bytes += bytes;
  }

  /** A stream is authorised for this pair. False when there is one already. */
  opened(stream: ServerStream): boolean {
    if (this.#isEnded || (this.#stream !== undefined && this.#stream !== stream)) return false;
    const suspended = this.#suspended;
    if (suspended !== undefined && !replaces(stream, suspended)) return false;
    this.#suspended = undefined;
    this.#stream = stream;
    this.#isKnown = true;
    this.#isUnreachable = false;
    this.#forgetFailure();
    // Another stream than the one that would have resumed it.
    if (suspended !== undefined && suspended.management !== stream.management) suspended.release();
    this.drain();
    return true;
  }

  /** A stream the other server began shows that it is there: the next attempt need not wait. */
  heard(): void {
    if (this.#stream !== undefined || this.#isDialing || this.#failure === undefined) return;
    this.#forgetFailure();
    if (this.#queue.length > 0 || this.#suspended !== undefined) this.#dial();
  }

  #forgetFailure(): void {
    this.#failure = undefined;
    this.#failures = 0;
    this.#retryAt = 0;
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
  }

  /** Sends what waits, as much as the stream takes. */
  drain(): void {
    const stream = this.#stream;
    if (stream === undefined || this.#queue.length === 0) return;
    let count = 0;
    while (count < this.#queue.length && !stream.isFull) {
      const sent = this.#queue[count++] as Sent;
      this.#count(-1, -sent.stanza.size);
      stream.send(sent);
    }
    this.#queue.splice(0, count);
    if (this.#queue.length === 0) this.#host.unwatch(this);
  }

  /** Its connection is lost; it can be resumed. */
  suspended(stream: ServerStream): void {
    if (this.#stream !== stream) return;
    this.#stream = undefined;
    this.#suspended = stream;
    this.#suspendedAt = this.#host.now();
    this.#host.watch(this, EVERY_MS);
    if (stream.direction === 'outgoing') this.#dial();
  }

  /** Another stream goes on with this one, and is opened next. */
  surrendered(stream: ServerStream): void {
    if (this.#stream === stream) this.#stream = undefined;
    if (this.#suspended === stream) this.#suspended = undefined;
  }

  /**
   * The stream is over, and its peer may not have `rest`.
   *
   * @param isCertain whether it does not have them: what is certain can be sent again whatever it is
   */
  ended(stream: ServerStream, rest: readonly Sent[], isCertain: boolean): void {
    if (this.#stream === stream) this.#stream = undefined;
    if (this.#suspended === stream) this.#suspended = undefined;
    const again: Sent[] = [];
    for (const sent of rest) {
      const isRequest = sent.stanza instanceof Iq && (sent.stanza.type === 'get' || sent.stanza.type === 'set');
      // It might be done twice; who asked can ask again.
      if (isRequest && !isCertain) this.#refuse(sent.stanza, new StanzaError('remote-server-timeout'));
      else again.push(sent);
    }
    for (const { stanza } of again) this.#count(1, stanza.size);
    this.#queue.unshift(...again);
    if (this.#isEnded) return this.end();
    if (this.#queue.length === 0) return this.#host.idle(this);
    this.#host.watch(this, EVERY_MS);
    if (this.#stream === undefined) this.#dial();
    else this.drain();
  }

  #dial(): void {
    if (this.#isDialing || this.#isEnded || this.#stream !== undefined) return;
    if (this.#suspended?.direction === 'incoming') return;
    const wait = this.#retryAt - this.#host.now();
    if (wait > 0) {
      this.#cancelRetry ??= this.#host.after(wait, () => {
        this.#cancelRetry = undefined;
        if (this.#queue.length > 0 || this.#suspended !== undefined) this.#dial();
      });
      return;
    }
    this.#isDialing = true;
    this.#host.dial(this.pair, this.#suspended).then(
      () => {
        this.#isDialing = false;
        if (this.#stream === undefined && this.#queue.length > 0) this.#dial();
      },
      (error: unknown) => this.#failed(error),
    );
  }

  #failed(error: unknown): void {
    const { config } = this.#host;
    const now = this.#host.now();
    this.#isDialing = false;
    // Meanwhile the other server has opened one.
    if (this.#stream !== undefined) return;
    const failure = error instanceof ConnectError ? error : new ConnectError('remote-server-timeout', String(error));
    if (this.#failures === 0) this.#failingSince = now;
    this.#failure = failure;
    this.#retryAt = now + Math.min(FIRST_RETRY_MS * 2 ** this.#failures, config.retry_seconds * 1000);
    this.#failures = Math.min(this.#failures + 1, 30);
    const isTooLate = now - this.#failingSince >= config.queue_seconds * 1000;
    if (this.#isFinal(failure) || isTooLate) {
      this.#suspended?.release();
      this.#refuseAll(failure);
      this.#tellUnreachable();
    } else this.#dial();
  }

  #tellUnreachable(): void {
    if (this.#isUnreachable) return;
    this.#isUnreachable = true;
    this.#host.unreachable(this.pair.remote);
  }

  /** Who was there a while ago is more likely to be away for a moment than never to have been there. */
  #isFinal({ isFinal, condition }: ConnectError): boolean {
    return isFinal && !(this.#isKnown && condition === 'remote-server-not-found');
  }

  #refuseAll(failure: ConnectError): void {
    this.#host.unwatch(this);
    for (const { stanza } of this.#queue.splice(0)) {
      this.#count(-1, -stanza.size);
      this.#refuse(stanza, this.#errorOf(failure));
    }
  }

  #errorOf(failure: ConnectError): StanzaError {
    return failure.toStanzaError(this.pair.remote);
  }

  #refuse(stanza: Stanza, error: StanzaError): void {
    this.#host.refuse(stanza, error);
  }

  due(now: number): number {
    const { config } = this.#host;
    const suspended = this.#suspended;
    if (suspended !== undefined) {
      const isTheirs = suspended.direction === 'incoming' && now - this.#suspendedAt >= this.#host.resumptionMs();
      const isOwed = this.#queue.length > 0 || (suspended.management?.waiting.stanzas ?? 0) > 0;
      const isTooLate = now - this.#suspendedAt >= config.queue_seconds * 1000;
      if ((isTheirs && isOwed) || isTooLate) suspended.release();
    }
    this.#expire(now - config.queue_seconds * 1000);
    return this.#queue.length > 0 || this.#suspended !== undefined ? EVERY_MS : 0;
  }

  /** §8.3.3.17 */
  #expire(before: number): void {
    const failure = this.#failure ?? new ConnectError('remote-server-timeout', 'it took too long');
    let count = 0;
    while (count < this.#queue.length && (this.#queue[count] as Sent).at <= before) {
      const { stanza } = this.#queue[count++] as Sent;
      this.#count(-1, -stanza.size);
      this.#refuse(stanza, this.#errorOf(failure));
    }
    this.#queue.splice(0, count);
    if (count === 0 || this.#stream !== undefined) return;
    this.#tellUnreachable();
    if (this.#queue.length === 0) this.#host.idle(this);
  }

  /** The server stops, or the administrator wants it gone: what waits is answered. */
  end(): void {
    this.#isEnded = true;
    this.#cancelRetry?.();
    this.#suspended?.release();
    this.#refuseAll(new ConnectError('remote-server-timeout', 'the stream was closed'));
  }
}
