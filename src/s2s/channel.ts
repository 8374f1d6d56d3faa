/** RFC 6120 §10.4: the stanzas of one of our domains to one domain of another server: their queue and their streams */
import { type Deadline, Iq, type Stanza, StanzaError } from '#core';
import { ConnectError } from './connect-error.ts';
import type { Pair } from './pair.ts';
import { Reconnection } from './reconnection.ts';
import type { ResumableStream } from './resumable-stream.ts';
import { type Budget, type Sent, StanzaQueue } from './stanza-queue.ts';

const EVERY_MS = 1_000;

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
  /** Opens a stream, which is attached to the channel. Rejects with a ConnectError. */
  dial(pair: Pair, resumes: ResumableStream | undefined): Promise<void>;
  refuse(stanza: Stanza, error: StanzaError): void;
  /** What waited is given up. Told once until a stream is opened. */
  unreachable(remote: string): void;
  /** There is nothing to remember of the channel. */
  idle(channel: Channel): void;
  /** There is nothing but that the other server could not be reached, and it is time for another attempt. */
  spare(channel: Channel): void;
}

export type ChannelState = 'open' | 'connecting' | 'suspended' | 'failing' | 'idle';

/**
 * Stanzas go on one stream, as they are to stay in order, until that is over; a stream of which the connection is lost is not, as long as
 * it may be resumed: what it has brought over is not known before. A stream that we began is resumed before another is begun, so
 * that there is one of them at most.
 */
export class Channel implements Deadline {
  readonly pair: Pair;
  readonly #host: ChannelHost;
  readonly #queue: StanzaQueue;
  readonly #reconnection: Reconnection;
  /** Those that may carry the stanzas. */
  readonly #streams = new Set<ResumableStream>();
  /** The one of them that does. */
  #stream: ResumableStream | undefined;
  #isDialing = false;
  #cancelRetry: (() => void) | undefined;
  /** There was a stream once. */
  #isKnown = false;
  /** It was told so. */
  #isUnreachable = false;
  #isEnded = false;

  constructor(pair: Pair, host: ChannelHost, budget: Budget) {
    this.pair = pair;
    this.#host = host;
    this.#queue = new StanzaQueue(budget, host.config);
    this.#reconnection = new Reconnection(host.config);
  }

  get streams(): Iterable<ResumableStream> {
    return this.#streams;
  }

  get state(): ChannelState {
    if (this.#stream?.isLost === false) return 'open';
    if (this.#isDialing) return 'connecting';
    if (this.#stream !== undefined) return 'suspended';
    return this.failure === undefined ? 'idle' : 'failing';
  }

  get failure(): ConnectError | undefined {
    return this.#reconnection.failure;
  }

  /** How many stanzas wait for the stream to take them. */
  get queued(): number {
    return this.#queue.length;
  }

  isUsing(stream: ResumableStream): boolean {
    return this.#stream === stream;
  }

  /** Whether it can be forgotten. */
  get isIdle(): boolean {
    const isWaiting = this.#queue.length > 0 || this.#isDialing;
    return this.#streams.size === 0 && !isWaiting && this.#host.now() >= this.#reconnection.dueAt;
  }

  /** @throws StanzaError when the server is known to be out of reach, or too much waits for it */
  send(stanza: Stanza): void {
    const now = this.#host.now();
    const stream = this.#stream;
    if (stream !== undefined && this.#queue.length === 0 && !stream.isFull) return stream.send({ stanza, at: now });
    const { failure } = this;
    if (failure !== undefined && this.#isHopeless(failure, now)) throw failure.toStanzaError(this.pair.remote);
    this.#queue.push({ stanza, at: now });
    if (this.#queue.length === 1) this.#host.watch(this, EVERY_MS);
    if (stream === undefined) this.#dial();
  }

  /** While it is not time for another attempt nothing waits for one that would come too late. */
  #isHopeless(failure: ConnectError, now: number): boolean {
    if (this.#stream !== undefined || this.#isDialing || now >= this.#reconnection.dueAt) return false;
    return this.#isFinal(failure) || this.#isTooLate(this.#reconnection.failingMs(now));
  }

  #isTooLate(ms: number): boolean {
    return ms >= this.#host.config.queue_seconds * 1000;
  }

  /** Who was there a while ago is more likely to be away for a moment than never to have been there. */
  #isFinal({ isFinal, condition }: ConnectError): boolean {
    return isFinal && !(this.#isKnown && condition === 'remote-server-not-found');
  }

  /** A stream may carry the stanzas. False when it is not to. */
  attach(stream: ResumableStream): boolean {
    if (this.#isEnded) return false;
    this.#streams.add(stream);
    this.#isKnown = true;
    this.#isUnreachable = false;
    this.#forgetFailure();
    if (stream.direction === 'incoming') this.#giveUpTheirs();
    this.#goOn();
    return true;
  }

  /** The other server goes on with a stream that it began before it begins another, or it cannot. */
  #giveUpTheirs(): void {
    for (const stream of [...this.#streams]) if (stream.isLost && stream.direction === 'incoming') stream.release();
  }

  /** A stream the other server began shows that it is there: the next attempt need not wait. */
  heard(): void {
    if (this.#isDialing || this.failure === undefined) return;
    this.#forgetFailure();
    this.#goOn();
  }

  #forgetFailure(): void {
    this.#reconnection.forget();
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
  }

  /** Sends what waits, as much as the stream takes. */
  drain(): void {
    const stream = this.#stream;
    if (stream === undefined || this.#queue.length === 0) return;
    this.#queue.hand(
      () => !stream.isFull,
      (sent) => stream.send(sent),
    );
    if (this.#queue.length === 0 && !stream.isLost) this.#host.unwatch(this);
  }

  /** The connection of a stream is lost; it may be resumed. */
  lost(stream: ResumableStream): void {
    if (this.#stream === stream) this.#host.watch(this, EVERY_MS);
    this.#dial();
  }

  /**
   * A stream is over, and its peer may not have `rest`.
   *
   * @param isCertain whether it does not have them: what is certain can be sent again whatever it is
   */
  ended(stream: ResumableStream, rest: readonly Sent[], isCertain: boolean): void {
    this.#streams.delete(stream);
    if (this.#stream === stream) this.#stream = undefined;
    // It might be done twice; who asked can ask again.
    const isDoubtful = ({ stanza }: Sent) => !isCertain && isRequest(stanza);
    this.#queue.putBack(rest.filter((sent) => !isDoubtful(sent)));
    const doubt = new StanzaError('remote-server-timeout');
    for (const { stanza } of rest.filter(isDoubtful)) this.#host.refuse(stanza, doubt);
    if (this.#isEnded) return this.end();
    if (this.#queue.length > 0) this.#host.watch(this, EVERY_MS);
    this.#goOn();
    if (this.isIdle) this.#host.idle(this);
  }

  /** Sends on what there is, or has it opened. */
  #goOn(): void {
    this.#stream ??= [...this.#streams].find(({ isLost, isEnding }) => !isLost && !isEnding);
    this.drain();
    this.#dial();
  }

  /** One that we began and that waits to be resumed. */
  get #ours(): ResumableStream | undefined {
    return [...this.#streams].find(({ isLost, direction }) => isLost && direction === 'outgoing');
  }

  #dial(): void {
    const ours = this.#ours;
    const isNeeded = ours !== undefined || (this.#stream === undefined && this.#queue.length > 0);
    if (this.#isDialing || this.#isEnded || !isNeeded) return;
    const wait = this.#reconnection.dueAt - this.#host.now();
    if (wait > 0) {
      this.#cancelRetry ??= this.#host.after(wait, () => {
        this.#cancelRetry = undefined;
        this.#dial();
      });
      return;
    }
    this.#isDialing = true;
    this.#host.dial(this.pair, ours).then(
      () => {
        this.#isDialing = false;
        this.#dial();
        if (this.isIdle) this.#host.idle(this);
      },
      (error: unknown) => this.#failed(error),
    );
  }

  #failed(error: unknown): void {
    const now = this.#host.now();
    this.#isDialing = false;
    const failure = error instanceof ConnectError ? error : new ConnectError('remote-server-timeout', String(error));
    this.#reconnection.failed(failure, now);
    if (!this.#isFinal(failure) && !this.#isTooLate(this.#reconnection.failingMs(now))) return this.#dial();
    this.#ours?.release();
    if (this.#stream !== undefined) return;
    this.#refuseAll(failure);
    this.#tellUnreachable();
    this.#host.watch(this, this.#reconnection.dueAt - now);
  }

  #tellUnreachable(): void {
    if (this.#isUnreachable) return;
    this.#isUnreachable = true;
    this.#host.unreachable(this.pair.remote);
  }

  #refuseAll(failure: ConnectError): void {
    this.#host.unwatch(this);
    for (const { stanza } of this.#queue.clear()) this.#refuse(stanza, failure);
  }

  #refuse(stanza: Stanza, failure: ConnectError): void {
    this.#host.refuse(stanza, failure.toStanzaError(this.pair.remote));
  }

  due(now: number): number {
    const stream = this.#stream;
    if (stream?.isLost === true) {
      const ms = stream.lostMs(now);
      const isTheirs = stream.direction === 'incoming' && ms >= this.#host.resumptionMs();
      const isOwed = this.#queue.length > 0 || stream.owed > 0;
      if ((isTheirs && isOwed) || this.#isTooLate(ms)) stream.release();
    }
    this.#expire(now - this.#host.config.queue_seconds * 1000);
    if (this.#queue.length > 0 || this.#stream?.isLost === true) return EVERY_MS;
    const wait = this.#reconnection.dueAt - now;
    if (wait <= 0 && this.isIdle) this.#host.spare(this);
    return Math.max(0, wait);
  }

  /** §8.3.3.17 */
  #expire(before: number): void {
    const failure = this.failure ?? new ConnectError('remote-server-timeout', 'it took too long');
    const count = this.#queue.hand(
      ({ at }) => at <= before,
      ({ stanza }) => this.#refuse(stanza, failure),
    );
    if (count === 0 || this.#stream?.isLost === false) return;
    this.#tellUnreachable();
    if (this.isIdle) this.#host.idle(this);
  }

  /** The server stops, or the administrator wants it gone: what waits is answered. */
  end(): void {
    this.#isEnded = true;
    this.#cancelRetry?.();
    for (const stream of [...this.#streams]) if (stream.isLost) stream.release();
    this.#refuseAll(new ConnectError('remote-server-timeout', 'the stream was closed'));
  }
}

function isRequest(stanza: Stanza): boolean {
  return stanza instanceof Iq && (stanza.type === 'get' || stanza.type === 'set');
}
