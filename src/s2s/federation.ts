/** RFC 6120 §10.4: everything there is with other servers: by domain, its channels; and all streams */
import {
  Flusher,
  type Metric,
  type RemoteRoute,
  type S2sConfig,
  type ServerDoor,
  type Stanza,
  StanzaError,
  StreamError,
} from '#core';
import { CertificatePaths } from './certificate-path.ts';
import { Channel, type ChannelHost } from './channel.ts';
import { ConnectError } from './connect-error.ts';
import type { Verdict } from './dialback.ts';
import { DialbackKeys } from './dialback-key.ts';
import { Dialer } from './dialer.ts';
import { Dns } from './dns.ts';
import { isFederated } from './domain-policy.ts';
import type { Authorities, Environment, S2sCore } from './environment.ts';
import { IncomingStream } from './incoming-stream.ts';
import { IncomingStreams } from './incoming-streams.ts';
import { Meter } from './meter.ts';
import { s2sMetrics } from './metrics.ts';
import type { Pair } from './pair.ts';
import { ServerLink } from './server-link.ts';
import type { ServerStream } from './server-stream.ts';
import type { Budget } from './stanza-queue.ts';
import { type StreamStatus, statusOfChannel, statusOfStream } from './status.ts';
import { Suspensions } from './suspensions.ts';
import { Trace, type TraceStep } from './trace.ts';
import { TrafficByDomain } from './traffic.ts';
import { Verifiers } from './verifiers.ts';

/** Until a server that has noticed the loss of a connection goes on with its stream on another one, if at first it fails to. */
const RECONNECT_MS = 30_000;
/** How long stop waits for the other servers to close their side. */
const STOP_PATIENCE_MS = 2_000;

/** What there is with one remote domain. */
interface Domain {
  readonly budget: Budget;
  /** By our domain. */
  readonly channels: Map<string, Channel>;
}

export interface FederationParts {
  readonly core: S2sCore;
  readonly config: S2sConfig;
  readonly authorities: Authorities;
  readonly random?: () => number;
}

export interface TestResult {
  readonly isReached: boolean;
  readonly steps: readonly TraceStep[];
}

export class Federation implements RemoteRoute, ServerDoor {
  readonly #environment: Environment;
  readonly #dns: Dns;
  readonly #dialer: Dialer;
  readonly #verifiers: Verifiers;
  readonly #host: ChannelHost;
  readonly #domains = new Map<string, Domain>();
  /** Channels that can be forgotten when there are too many domains, unless they are used again; the oldest first. */
  readonly #spare = new Set<Channel>();
  readonly #meters = new Map<string, Meter>();
  readonly #streams = new Set<ServerStream>();
  readonly #incoming: IncomingStreams;
  #isStopped = false;
  #onEmpty: (() => void) | undefined;

  constructor({ core, config, authorities, random = Math.random }: FederationParts) {
    const { clock, wheel, router } = core;
    const log = core.log.child({ area: 's2s' });
    const tellAll = (event: 'remote:lost' | 'remote:unreachable', domain: string): void => {
      if (!this.#isStopped) for (const host of router.hosts) void host.hooks.notify(event, { domain });
    };
    this.#environment = {
      ...{ core, config, authorities, log },
      flusher: new Flusher(core.commit),
      keys: new DialbackKeys(),
      paths: new CertificatePaths(),
      suspensions: new Suspensions(() => config.streams_per_domain),
      traffic: new TrafficByDomain(() => config.metrics_domains),
      isLocal: (domain) => router.host(domain) !== undefined,
      isFederated: (domain) => isFederated(domain, config),
      channel: (pair) => this.#channel(pair),
      meter: (remote) => this.#meter(remote),
      verify: (pair, streamId, key) => this.#verify(pair, streamId, key),
      proved: (stream, remote) => this.#isProved(stream, remote),
      ended: (stream) => this.#ended(stream),
      broke: (remote) => tellAll('remote:lost', remote),
    };
    this.#incoming = new IncomingStreams(config);
    this.#dns = new Dns(config.dns, clock);
    this.#dialer = new Dialer(this.#environment, this.#dns, random, (stream) => {
      if (this.#isStopped) stream.link.cut();
      else this.#streams.add(stream);
    });
    this.#verifiers = new Verifiers(clock, config.connect_seconds * 1000, (pair) =>
      this.#dialer.dial({ pair, purpose: 'verification' }),
    );
    this.#host = {
      config,
      now: () => clock.now(),
      // What waits has to have time left for another way.
      resumptionMs: () => Math.min(core.limits.ping_seconds * 1500 + RECONNECT_MS, config.queue_seconds * 900),
      after: (ms, action) => clock.after(ms, action),
      watch: (deadline, ms) => wheel.add(deadline, ms),
      unwatch: (deadline) => wheel.remove(deadline),
      dial: async (pair, resumes) => void (await this.#dialer.dial({ pair, purpose: 'stanzas', resumes })),
      refuse: (stanza, error) => {
        this.#bounced(stanza.to?.domain ?? '', error);
        void router.refuse(stanza, error);
      },
      unreachable: (remote) => tellAll('remote:unreachable', remote),
      idle: (channel) => this.#forget(channel),
      spare: (channel) => {
        if (this.#has(channel)) this.#spare.add(channel);
      },
    };
  }

  send(stanza: Stanza): void {
    const [remote, local] = [stanza.to?.domain, stanza.from?.domain];
    if (remote === undefined || local === undefined) return;
    try {
      this.#channelFor({ local, remote }).send(stanza);
    } catch (error) {
      this.#bounced(remote, error);
      throw error;
    }
  }

  /** @throws StanzaError */
  #channelFor(pair: Pair): Channel {
    if (!this.#environment.isFederated(pair.remote)) {
      throw new StanzaError('not-allowed', `there is no federation with ${pair.remote}`);
    }
    const channel = this.#isStopped ? undefined : this.#channel(pair);
    if (channel === undefined) throw new StanzaError('resource-constraint', 'there are too many domains');
    return channel;
  }

  #bounced(remote: string, error: unknown): void {
    if (error instanceof StanzaError) this.#environment.traffic.of(remote).bounced(error.condition);
  }

  /** For each remote domain of which the metrics speak by name, and the rest of them together. */
  metrics(): Metric[] {
    const waiting = [...this.#domains].map(([domain, { budget }]) => ({ domain, ...budget }));
    return s2sMetrics(this.#environment.traffic, [...this.#streams], waiting);
  }

  enter(socket: Parameters<ServerDoor['enter']>[0], tls: 'starttls' | 'direct'): void {
    if (this.#isStopped || this.#incoming.isFull) {
      this.#environment.log.info({}, 'too many server streams that prove nothing');
      socket.destroy();
      return;
    }
    const stream = new IncomingStream(new ServerLink(socket, this.#environment), this.#environment, tls);
    this.#streams.add(stream);
    this.#incoming.entered(stream);
  }

  /** Tries the way to a domain, in words. */
  async test(pair: Pair): Promise<TestResult> {
    const trace = new Trace(this.#environment.core.clock);
    try {
      if (!this.#environment.isFederated(pair.remote)) {
        throw new ConnectError('remote-server-not-found', 'the configuration allows no federation with it');
      }
      const stream = await this.#dialer.dial({ pair, purpose: 'test', trace });
      trace.note('stanzas can be sent; closing the stream again');
      stream.finish();
      return { isReached: true, steps: trace.steps };
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
      return { isReached: false, steps: trace.steps };
    }
  }

  /** Closes the streams with a domain, and answers what waits for it. Gives how many streams there were. */
  close(remote: string): number {
    const domain = this.#domains.get(remote);
    this.#domains.delete(remote);
    const streams = [...this.#streams].filter((stream) => stream.isOf(remote));
    for (const stream of streams) stream.finish();
    for (const channel of domain?.channels.values() ?? []) {
      this.#spare.delete(channel);
      channel.end();
    }
    return streams.length;
  }

  *list(domain?: string): IterableIterator<StreamStatus> {
    for (const stream of this.#streams) if (domain === undefined || stream.isOf(domain)) yield statusOfStream(stream);
    for (const channel of this.#channels()) {
      const isAsked = domain === undefined || channel.pair.remote === domain;
      if (isAsked && channel.state !== 'open' && channel.state !== 'idle') yield statusOfChannel(channel);
    }
  }

  *#channels(): IterableIterator<Channel> {
    for (const { channels } of this.#domains.values()) yield* channels.values();
  }

  /** Closes all streams; resolves when the other servers have closed too, or patience is over. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#dns.cancel();
    for (const channel of this.#channels()) channel.end();
    const empty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    for (const stream of [...this.#streams]) stream.finish(new StreamError('system-shutdown'));
    const { clock } = this.#environment.core;
    if (this.#streams.size > 0) {
      await Promise.race([empty, new Promise<void>((done) => void clock.after(STOP_PATIENCE_MS, done))]);
    }
    for (const stream of [...this.#streams]) stream.link.cut();
  }

  #channel(pair: Pair): Channel | undefined {
    const domain = this.#domain(pair.remote);
    if (domain === undefined) return undefined;
    let channel = domain.channels.get(pair.local);
    if (channel === undefined) {
      channel = new Channel(pair, this.#host, domain.budget);
      domain.channels.set(pair.local, channel);
      // What it is made for may come to nothing.
      this.#spare.add(channel);
    }
    return channel;
  }

  #domain(remote: string): Domain | undefined {
    const known = this.#domains.get(remote);
    if (known !== undefined) return known;
    if (this.#isFull) this.#makeRoom();
    if (this.#isFull) return undefined;
    const domain = { budget: { stanzas: 0, bytes: 0 }, channels: new Map() };
    this.#domains.set(remote, domain);
    return domain;
  }

  get #isFull(): boolean {
    return this.#domains.size >= this.#environment.config.domains;
  }

  /** Each is looked at once: one that is in use again says so when it is not any more. */
  #makeRoom(): void {
    for (const channel of this.#spare) {
      this.#spare.delete(channel);
      this.#forget(channel);
      if (!this.#isFull) return;
    }
  }

  #has(channel: Channel): boolean {
    const { local, remote } = channel.pair;
    return this.#domains.get(remote)?.channels.get(local) === channel;
  }

  #forget(channel: Channel): void {
    const { local, remote } = channel.pair;
    const domain = this.#domains.get(remote);
    if (domain?.channels.get(local) !== channel || !channel.isIdle) return;
    this.#spare.delete(channel);
    domain.channels.delete(local);
    if (domain.channels.size > 0) return;
    this.#domains.delete(remote);
    this.#forgetMeter(remote);
  }

  #forgetMeter(remote: string): void {
    if (!this.#domains.has(remote) && !this.#incoming.has(remote)) this.#meters.delete(remote);
  }

  #meter(remote: string): Meter {
    const { core, config } = this.#environment;
    let meter = this.#meters.get(remote);
    if (meter === undefined) {
      meter = new Meter(core.clock, () => config.bytes_per_second);
      this.#meters.set(remote, meter);
    }
    return meter;
  }

  /** On a stream that we began, and never on the one the key came by. */
  #verify(pair: Pair, streamId: string, key: string): Promise<Verdict> {
    for (const channel of this.#domains.get(pair.remote)?.channels.values() ?? []) {
      for (const { direction, isLost, isEnding, connection } of channel.streams) {
        const isFit = direction === 'outgoing' && !isLost && !isEnding;
        if (isFit) return connection.dialback.verify(pair, streamId, key, this.#verifiers.patience);
      }
    }
    return this.#verifiers.verify(pair, streamId, key);
  }

  #isProved(stream: ServerStream, remote: string): void {
    this.#incoming.proved(stream, remote);
    for (const channel of this.#domains.get(remote)?.channels.values() ?? []) channel.heard();
  }

  #ended(stream: ServerStream): void {
    this.#streams.delete(stream);
    this.#incoming.ended(stream);
    this.#forgetMeter(stream.provedDomain ?? '');
    if (this.#streams.size === 0) this.#onEmpty?.();
  }
}
