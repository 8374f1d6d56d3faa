/** RFC 6120 §4, §10: a stream with another server on one connection, whoever began it: what comes in, and its end */
import {
  type Awaitable,
  type Deadline,
  type Element,
  isPromise,
  isStanza,
  NS_CLIENT,
  NS_SERVER,
  NS_STREAMS,
  ns,
  type Stanza,
  StreamError,
  whenDone,
} from '#core';
import { AuthorizedPairs } from './authorized-pairs.ts';
import { Dialback, type DialbackHost, type Verdict } from './dialback.ts';
import type { Environment } from './environment.ts';
import { InOrder } from './in-order.ts';
import type { LinkSink } from './link-sink.ts';
import type { Pair } from './pair.ts';
import { type PeerError, peerErrorIn } from './peer-error.ts';
import { ResumableStream } from './resumable-stream.ts';
import { NS_DIALBACK, type ServerLink } from './server-link.ts';
import { takeIn } from './stanza-intake.ts';
import { count, NS_SM, sm } from './stream-management.ts';

const EVERY_MS = 1_000;

export type Proof = 'EXTERNAL' | 'dialback' | 'certificate';

export const features = ns(NS_STREAMS);

export abstract class ServerStream implements LinkSink, DialbackHost, Deadline {
  readonly link: ServerLink;
  readonly dialback = new Dialback(this);
  abstract readonly direction: 'incoming' | 'outgoing';
  /** Milliseconds since 1970. */
  readonly since: number;
  /** What the header is for; undefined before it. */
  pair: Pair | undefined;
  /** Whether stanzas go both ways (XEP-0288). */
  isBidi = false;
  /** How the last pair was proved. */
  proof: Proof | undefined;
  /** What this is the connection of. */
  resumable: ResumableStream;
  stanzasIn = 0;
  stanzasOut = 0;
  /** Why the peer ended it. */
  protected complaint: PeerError | undefined;
  protected readonly environment: Environment;
  /** Pairs of which the peer may send stanzas. */
  protected readonly accepted = new AuthorizedPairs();
  readonly #order: InOrder;
  #usedAt: number;
  #isOver = false;
  /** Ended in order, or for good: there is nothing to resume. */
  #isFinished = false;
  /** We ended it for what the peer did: what it still sends is for nobody. */
  #isRefused = false;
  /** The peer was told how many of its stanzas were handled at last: those that come yet are not, and it has to send them again. */
  #isCounted = false;
  /** One side ended it without a complaint. */
  #isOrderly = false;

  constructor(link: ServerLink, environment: Environment) {
    const { clock, wheel } = environment.core;
    this.link = link;
    this.environment = environment;
    this.resumable = new ResumableStream(this, environment);
    this.since = clock.now();
    this.#usedAt = this.since;
    this.#order = new InOrder(link, (element) => this.#take(element));
    wheel.add(this, EVERY_MS);
  }

  abstract opened(header: Element, contentNs: string): void;
  abstract secured(): void;
  abstract requested(pair: Pair, key: string): void;
  abstract verdictOn(pair: Pair, streamId: string, key: string): Verdict;
  abstract decided(pair: Pair, verdict: Verdict): void;
  /** Features, TLS, SASL and the like. */
  protected abstract negotiate(element: Element): Awaitable<void>;
  /** What of XEP-0198 begins or goes on with a stream. */
  protected abstract negotiateManagement(element: Element): Awaitable<void>;
  /** It is gone. */
  protected abstract left(reason: Error | undefined): void;

  get isOver(): boolean {
    return this.#isOver;
  }

  /** What is sent now may not arrive. */
  get isEnding(): boolean {
    return this.#isFinished || this.#isOver;
  }

  get isOrderly(): boolean {
    return this.#isOrderly;
  }

  get isProved(): boolean {
    return this.proof !== undefined;
  }

  /** What the peer proved first of all, whatever its header says. */
  get provedDomain(): string | undefined {
    const [first] = this.accepted;
    return first?.remote;
  }

  /** Whether the peer may send stanzas of a domain. */
  isOf(remote: string): boolean {
    return this.pair?.remote === remote || [...this.accepted].some((pair) => pair.remote === remote);
  }

  accepts(pair: Pair): boolean {
    return this.accepted.has(pair);
  }

  /** The peer has proved that it is the server of `pair.remote`. */
  protected accept(pair: Pair, proof: Proof): void {
    this.accepted.add(pair);
    this.environment.traffic.reached(pair.remote);
    this.proof = proof;
    this.link.trust();
    // It is one server, whatever other domains it proves.
    if (this.accepted.size > 1) return;
    const meter = this.environment.meter(pair.remote);
    this.link.meter = (bytes) => meter.took(bytes, this.link);
  }

  /** XEP-0198 §5 */
  goOnWith(stream: ResumableStream): void {
    this.resumable = stream;
    stream.resume(this);
  }

  sendStanza(stanza: Stanza): void {
    this.#usedAt = this.environment.core.clock.now();
    this.stanzasOut++;
    this.environment.traffic.of(stanza.to?.domain ?? '').sent++;
    this.link.sendStanza(stanza);
  }

  drained(): void {
    this.resumable.drain();
  }

  element(element: Element): void {
    if (!this.#isOver && !this.#isRefused) this.#order.add(element);
  }

  /** Never throws and never rejects. */
  #take(element: Element): Awaitable<void> {
    if (this.#isRefused) return;
    try {
      const done = this.#dispatch(element);
      return isPromise(done) ? done.catch((error: unknown) => this.#crash(error)) : done;
    } catch (error) {
      this.#crash(error);
    }
  }

  #dispatch(element: Element): Awaitable<void> {
    switch (element.ns) {
      case NS_CLIENT:
      case NS_SERVER:
        if (isStanza(element)) return this.#stanza(element);
        break;
      case NS_DIALBACK:
        return this.dialback.take(element);
      case NS_SM:
        return this.#ofManagement(element);
      case NS_STREAMS:
        if (element.name === 'error') return this.#peerFailed(peerErrorIn(element));
    }
    return this.negotiate(element);
  }

  /** §4.9.3.24 */
  protected refuse(element: Element): void {
    this.fail(new StreamError('unsupported-stanza-type', `unknown element ${element.name}`));
  }

  #stanza(element: Element): Awaitable<void> {
    const { router, clock } = this.environment.core;
    const pair = this.accepted.pairOf(element.attr('from'), element.attr('to'));
    if (pair instanceof StreamError) return this.fail(pair);
    const { management } = this.resumable;
    if (this.#isCounted && management !== undefined) return;
    this.stanzasIn++;
    this.environment.traffic.of(pair.remote).received++;
    this.#usedAt = clock.now();
    management?.took();
    this.tookStanza();
    return takeIn(element, pair, router);
  }

  /** Before it is worked off. */
  protected tookStanza(): void {}

  #ofManagement(element: Element): Awaitable<void> {
    const isAck = element.name === 'r' || element.name === 'a';
    if (this.resumable.management === undefined || !isAck) return this.negotiateManagement(element);
    if (element.name === 'r') return this.#tell();
    const handled = count(element);
    if (handled === undefined) return this.fail(new StreamError('bad-format', 'h is the number of stanzas handled'));
    const fault = this.resumable.acknowledge(handled);
    if (fault !== undefined) this.fail(fault);
  }

  /** XEP-0198 §4: what was taken is told when it is committed. Never rejects. */
  #tell(): Awaitable<void> {
    const { management } = this.resumable;
    if (management === undefined) return;
    const { handled } = management;
    const tell = (): void => this.link.send(sm('a', { h: String(handled) }));
    const done = this.environment.core.commit();
    if (!isPromise(done)) return tell();
    return done.then(tell, (error: unknown) => this.#crash(error));
  }

  /** The peer ends its side: what it sent before is worked off first (§4.4). */
  closed(): void {
    this.#isOrderly ||= !this.#isFinished;
    this.#isFinished = true;
    this.#whenTold(() => this.link.close());
  }

  /** Ends our side; with an error that is nobody's fault, such as system-shutdown. */
  finish(error?: StreamError): void {
    this.#isFinished = true;
    this.#isOrderly = true;
    this.#isCounted = true;
    this.#whenTold(() => this.link.finish(error));
  }

  /** XEP-0198 §4: who ends a stream tells what was handled right before. */
  #whenTold(end: () => void): void {
    void whenDone(this.#order.done, () => whenDone(this.#tell(), end));
  }

  fail(error?: StreamError): void {
    this.#isFinished = true;
    this.#isRefused = true;
    if (error !== undefined) {
      const { condition, text } = error;
      this.environment.log.info({ peer: this.link.address, ...this.pair, condition, text }, 'server stream error');
    }
    this.link.close(error);
  }

  /** The peer ends the stream for a reason. Nothing comes after it but the end, for which nobody waits for long. */
  #peerFailed(error: PeerError): void {
    this.#isFinished = true;
    this.complaint = error;
    const { condition, text } = error;
    this.environment.log.info({ peer: this.link.address, ...this.pair, condition, text }, 'ended by the other server');
    this.#whenTold(() => this.link.finish());
  }

  #crash(error: unknown): void {
    this.environment.log.error({ err: error, peer: this.link.address }, 'a server stream failed for a reason of ours');
    this.fail(new StreamError('internal-server-error'));
  }

  lost(reason: Error | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.environment.core.wheel.remove(this);
    this.dialback.end();
    this.left(reason);
    // What we did not understand would be sent again.
    this.resumable.lost(this, !this.#isFinished && !(reason instanceof StreamError));
    this.environment.ended(this);
  }

  /** Nothing more is begun; resolves when what was begun is done. */
  settled(): Awaitable<void> {
    this.#isRefused = true;
    this.#order.clear();
    return this.#order.done;
  }

  due(now: number): number {
    const { config, core } = this.environment;
    const askedAt = this.resumable.management?.askedAt ?? 0;
    const silentMs = now - Math.max(askedAt, this.link.heardAt);
    if (askedAt > 0 && silentMs > core.limits.ping_seconds * 1000) {
      this.link.cut(new Error('it does not answer'));
      return 0;
    }
    // Where only the peer sends, nothing else would tell that the connection is lost.
    if (askedAt === 0 && silentMs > core.limits.ping_seconds * 500) this.resumable.ask();
    const isIdle = now - this.#usedAt >= config.idle_seconds * 1000 && this.resumable.owed === 0;
    if (!isIdle || this.#isFinished) return EVERY_MS;
    this.finish();
    return 0;
  }
}
