/** RFC 6120 §4, §10: a stream with another server, whoever began it: the stanzas on it, and its end */
import {
  type Awaitable,
  type Deadline,
  Element,
  isPromise,
  isStanza,
  Jid,
  MisshapenStanza,
  type Node,
  NS_CLIENT,
  NS_SERVER,
  NS_STREAM_ERRORS,
  NS_STREAMS,
  ns,
  type Stanza,
  StanzaError,
  StreamError,
  shapeStanza,
  whenDone,
} from '#core';
import type { Channel } from './channel.ts';
import { Dialback, type DialbackHost, type Verdict } from './dialback.ts';
import type { Environment } from './environment.ts';
import { domainWithin, keyOf, type Pair } from './pair.ts';
import { type LinkSink, NS_DIALBACK, type ServerLink } from './server-link.ts';
import { askForAck, count, NS_SM, type Sent, type StreamManagement, sm } from './stream-management.ts';

const EVERY_MS = 2_000;
/** Who notices at once that a connection is lost has gone on with the stream by then. */
const BREAK_MS = 10_000;

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
  proof: 'EXTERNAL' | 'dialback' | 'certificate' | undefined;
  management: StreamManagement | undefined;
  stanzasIn = 0;
  stanzasOut = 0;
  protected readonly environment: Environment;
  /** Pairs of which the peer may send stanzas. */
  readonly #accepted = new Map<string, Pair>();
  /** What is sent through this stream. */
  readonly #channels = new Set<Channel>();
  /** Present while an element is being worked off, with what came after it. */
  #waiting: Element[] | undefined;
  /** Of that element; never rejects. */
  #working: Promise<void> | undefined;
  #usedAt: number;
  #lostAt = 0;
  #isOver = false;
  /** Ended in order, or for good: there is nothing to resume. */
  #isFinished = false;
  /** The peer has ended its side. */
  #isClosed = false;
  /** We ended it for what the peer did: what it still sends is for nobody. */
  #isRefused = false;
  /** One side ended it without a complaint. */
  #isOrderly = false;

  constructor(link: ServerLink, environment: Environment) {
    const { clock, wheel } = environment.core;
    this.link = link;
    this.environment = environment;
    this.since = clock.now();
    this.#usedAt = this.since;
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

  get accepted(): Iterable<Pair> {
    return this.#accepted.values();
  }

  get acceptedCount(): number {
    return this.#accepted.size;
  }

  get channels(): ReadonlySet<Channel> {
    return this.#channels;
  }

  accepts(pair: Pair): boolean {
    return this.#accepted.has(keyOf(pair));
  }

  /** The peer has proved that it is the server of `pair.remote`. */
  protected accept(pair: Pair, proof: NonNullable<ServerStream['proof']>): void {
    this.#accepted.set(keyOf(pair), pair);
    this.proof = proof;
    this.link.trust();
    const meter = this.environment.meter(pair.remote);
    this.link.meter = (bytes) => meter.took(bytes, this.link);
  }

  /** We may send stanzas of this pair. */
  protected carry(channel: Channel | undefined): void {
    if (channel?.opened(this)) this.#channels.add(channel);
  }

  get isFull(): boolean {
    const { queue_stanzas, queue_bytes } = this.environment.config;
    const waiting = this.management?.waiting;
    if (waiting !== undefined && (waiting.stanzas >= queue_stanzas || waiting.bytes >= queue_bytes)) return true;
    return this.link.isCongested;
  }

  send(sent: Sent): void {
    const now = this.environment.core.clock.now();
    this.#usedAt = now;
    this.stanzasOut++;
    this.link.sendStanza(sent.stanza);
    if (this.management?.sent(sent, now)) this.link.send(askForAck);
  }

  /** Writes again what the peer has not acknowledged on the connection before. */
  protected replay(): void {
    const { management } = this;
    const sent = management?.replay(this.environment.core.clock.now()) ?? [];
    for (const { stanza } of sent) this.link.sendStanza(stanza);
    if (sent.length > 0) this.link.send(askForAck);
  }

  drained(): void {
    for (const channel of this.#channels) channel.drain();
  }

  /** Elements are worked off strictly in order (§10.1). */
  element(element: Element): void {
    if (this.#isOver || this.#isRefused) return;
    if (this.#waiting !== undefined) {
      this.#waiting.push(element);
      return;
    }
    const done = this.#take(element);
    if (isPromise(done)) {
      this.#waiting = [];
      this.link.pause();
      this.#working = done.then(() => this.#goOn());
    }
  }

  #goOn(): void | Promise<void> {
    const waiting = this.#waiting ?? [];
    for (let at = 0; at < waiting.length; at++) {
      const done = this.#take(waiting[at] as Element);
      if (isPromise(done)) {
        this.#waiting = waiting.slice(at + 1);
        this.#working = done.then(() => this.#goOn());
        return this.#working;
      }
    }
    this.#waiting = undefined;
    this.#working = undefined;
    this.link.resume();
    if (this.#isClosed) this.#leave();
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
        if (isStanza(element)) return this.#stanza(element);
        break;
      case NS_SERVER:
        if (isStanza(element)) return this.#stanza(inClientNs(element));
        break;
      case NS_DIALBACK:
        return this.dialback.take(element);
      case NS_SM:
        return this.#ofManagement(element);
      case NS_STREAMS:
        if (element.name === 'error') return this.peerFailed(element);
    }
    return this.negotiate(element);
  }

  /** §4.9.3.24 */
  protected refuse(element: Element): void {
    this.fail(new StreamError('unsupported-stanza-type', `unknown element ${element.name}`));
  }

  #stanza(element: Element): Awaitable<void> {
    const { router, clock } = this.environment.core;
    const given = { from: element.attr('from'), to: element.attr('to') };
    const [remote, local] = [domainWithin(given.from), domainWithin(given.to)];
    const fault = this.#addressFault(remote, local);
    if (fault !== undefined || local === undefined) return this.fail(fault ?? new StreamError('improper-addressing'));
    this.stanzasIn++;
    this.#usedAt = clock.now();
    this.management?.took();
    const from = Jid.tryParse(given.from ?? '');
    // There is nobody to tell.
    if (from === undefined) return;
    const to = Jid.tryParse(given.to ?? '');
    try {
      const stanza = shapeStanza(element, { from, to: to ?? Jid.of('', local) });
      // §8.3.3.8
      if (to === undefined) return router.refuse(stanza, new StanzaError('jid-malformed'));
      return router.route(stanza);
    } catch (error) {
      if (!(error instanceof MisshapenStanza)) throw error;
      return router.refuse(error.stanza, error);
    }
  }

  /** §8.1.1.2, §8.1.2.2, §10.3: who sends, and for whom, is what was proved on this stream. */
  #addressFault(remote: string | undefined, local: string | undefined): StreamError | undefined {
    if (this.#accepted.size === 0) return new StreamError('not-authorized', 'no domain is proved on this stream');
    // §4.9.3.7
    if (remote === undefined || local === undefined) {
      return new StreamError('improper-addressing', 'a stanza between servers has addresses of both');
    }
    if (this.#accepted.has(keyOf({ local, remote }))) return undefined;
    const isProved = [...this.#accepted.values()].some((pair) => pair.remote === remote);
    if (!isProved) return new StreamError('invalid-from', 'from is not of a domain that is proved on this stream');
    return new StreamError('host-unknown', `this stream is not for ${local}`);
  }

  #ofManagement(element: Element): Awaitable<void> {
    const { management } = this;
    if (management === undefined || (element.name !== 'r' && element.name !== 'a')) {
      return this.negotiateManagement(element);
    }
    if (element.name === 'r') return this.#tell();
    const handled = count(element);
    if (handled === undefined) return this.fail(new StreamError('bad-format', 'h is the number of stanzas handled'));
    const outcome = management.acknowledge(handled, this.environment.core.clock.now());
    if (outcome === 'unsent') return this.fail(countTooHigh(handled, management.sentCount));
    if (outcome === 'again') this.link.send(askForAck);
    for (const channel of this.#channels) channel.drain();
  }

  /** §4: what was taken is told when it is committed. Never rejects. */
  #tell(): Awaitable<void> {
    const { management } = this;
    if (management === undefined) return;
    const { handled } = management;
    const tell = (): void => this.link.send(sm('a', { h: String(handled) }));
    const done = this.environment.core.commit();
    if (!isPromise(done)) return tell();
    return done.then(tell, (error: unknown) => this.#crash(error));
  }

  /** The peer ends its side: what it sent before is worked off first (§4.4). */
  closed(): void {
    this.#isClosed = true;
    this.#isOrderly ||= !this.#isFinished;
    this.#isFinished = true;
    if (this.#waiting === undefined) this.#leave();
  }

  #leave(): void {
    void whenDone(this.#tell(), () => this.link.close());
  }

  /** Ends our side in order. */
  finish(): void {
    this.#isFinished = true;
    this.#isOrderly = true;
    void whenDone(this.#tell(), () => this.link.finish());
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

  /** The peer ends the stream for a reason. */
  protected peerFailed(element: Element): void {
    this.#isFinished = true;
    const { condition, text } = streamErrorIn(element);
    this.environment.log.info({ peer: this.link.address, ...this.pair, condition, text }, 'ended by the other server');
  }

  #crash(error: unknown): void {
    this.environment.log.error({ err: error, peer: this.link.address }, 'a server stream failed for a reason of ours');
    this.fail(new StreamError('internal-server-error'));
  }

  lost(reason: Error | undefined): void {
    if (this.#isOver) return;
    const { core, config } = this.environment;
    this.#isOver = true;
    this.#lostAt = core.clock.now();
    core.wheel.remove(this);
    this.dialback.end();
    this.left(reason);
    // What we did not understand would be sent again.
    if (reason instanceof StreamError) this.#isFinished = true;
    if (this.management?.id !== undefined && !this.#isFinished && config.resume_seconds > 0) {
      for (const channel of this.#channels) channel.suspended(this);
      core.wheel.add(this, BREAK_MS);
      // Nothing of ours waits for it, but something of the peer may.
      if (this.direction === 'outgoing' && this.#channels.size === 0) this.environment.resume(this);
    } else this.forget();
    this.environment.ended(this);
  }

  /** Lost, and not gone on with on another connection yet. */
  get canResume(): boolean {
    const isInTime = this.environment.core.clock.now() - this.#lostAt < this.environment.config.resume_seconds * 1000;
    return this.#isOver && this.management?.id !== undefined && isInTime;
  }

  /** Nobody will resume it any more: what the peer may not have goes back to where it came from. */
  release(isCertain = false): void {
    this.#tellBreak();
    const rest = this.management?.take() ?? [];
    const channels = [...this.#channels];
    this.#channels.clear();
    for (const channel of channels) {
      const own = rest.filter(({ stanza }) => isOf(channel.pair, stanza));
      channel.ended(this, own, isCertain);
    }
  }

  #tellBreak(): void {
    if (this.proof !== undefined && !this.#isOrderly) this.environment.broke(this);
    this.#isOrderly = true;
  }

  protected forget(): void {
    this.environment.core.wheel.remove(this);
    const id = this.management?.id;
    if (id !== undefined) this.environment.suspensions.delete(id, this);
    this.release();
  }

  /** Another connection is about to go on with it: what was not worked off yet is dropped, for the peer to send again. */
  settle(): Awaitable<void> {
    this.link.cut(new Error('resumed on another connection'));
    if (this.#waiting !== undefined) this.#waiting = [];
    return this.#working;
  }

  /** Another connection goes on with it: nothing here is its own any more. Gives what the other has to carry at once. */
  surrender(): readonly Channel[] {
    const channels = [...this.#channels];
    for (const channel of channels) channel.surrendered(this);
    this.management = undefined;
    this.#isOrderly = true;
    this.#channels.clear();
    this.environment.core.wheel.remove(this);
    return channels;
  }

  due(now: number): number {
    const { config, core } = this.environment;
    if (this.#isOver) {
      // Who can go on does so at once.
      this.#tellBreak();
      const left = this.#lostAt + config.resume_seconds * 1000 - now;
      if (left > 0) return left;
      this.forget();
      return 0;
    }
    const { askedAt = 0, waiting } = this.management ?? {};
    const silentMs = now - Math.max(askedAt, this.link.heardAt);
    if (askedAt > 0 && silentMs > core.limits.ping_seconds * 1000) {
      this.link.cut(new Error('it does not answer'));
      return 0;
    }
    // Where only the peer sends, nothing else would tell that the connection is lost.
    if (askedAt === 0 && now - this.link.heardAt > core.limits.ping_seconds * 500 && this.management?.probe(now)) {
      this.link.send(askForAck);
    }
    const isIdle = now - this.#usedAt >= config.idle_seconds * 1000 && (waiting?.stanzas ?? 0) === 0;
    if (!isIdle || this.#isFinished) return EVERY_MS;
    this.finish();
    return 0;
  }
}

function isOf({ local, remote }: Pair, { from, to }: Stanza): boolean {
  return from?.domain === local && to?.domain === remote;
}

/** §6 of XEP-0198. */
export function countTooHigh(handled: number, sent: number): StreamError {
  const application = sm('handled-count-too-high', { h: String(handled), 'send-count': String(sent) });
  return new StreamError('undefined-condition', `${handled} acknowledged, ${sent} sent`, { application });
}

export function streamErrorIn(element: Element): { readonly condition: string; readonly text: string | undefined } {
  const condition = element.elements(undefined).find((child) => child.ns === NS_STREAM_ERRORS && child.name !== 'text');
  return { condition: condition?.name ?? 'undefined-condition', text: element.childText('text', NS_STREAM_ERRORS) };
}

/** A stanza whose sender says its namespace in each element, instead of leaving it to the stream. */
function inClientNs(element: Element): Element {
  const children = element.children.map((node: Node) => (typeof node === 'string' ? node : inClientNs(node)));
  return new Element(element.name, element.ns === NS_SERVER ? NS_CLIENT : element.ns, element.attrs, children);
}

export const features = ns(NS_STREAMS);
