/** RFC 6120 §3, §4: from a domain to an authorised stream with its server */
import type { Socket } from 'node:net';
import { ConnectError } from './connect-error.ts';
import { type Address, type Dns, DnsError } from './dns.ts';
import type { Environment } from './environment.ts';
import { connectFirst } from './happy-eyeballs.ts';
import { OutgoingStream, type Purpose } from './outgoing-stream.ts';
import type { Pair } from './pair.ts';
import { resolveServer, type Target, type Targets } from './resolve.ts';
import type { ResumableStream } from './resumable-stream.ts';
import { ServerLink } from './server-link.ts';
import { Trace } from './trace.ts';

/** The other server waits for a stream to be resumed: when the way breaks in silence there has to be time for another attempt. */
const RESUMPTION_SHARE = 1 / 3;

export interface DialOptions {
  readonly pair: Pair;
  readonly purpose: Purpose;
  readonly trace?: Trace;
  readonly resumes?: ResumableStream | undefined;
}

export class Dialer {
  readonly #environment: Environment;
  readonly #dns: Dns;
  readonly #random: () => number;
  /** Told of every stream, before it is of use. */
  readonly #begun: (stream: OutgoingStream) => void;

  constructor(environment: Environment, dns: Dns, random: () => number, begun: (stream: OutgoingStream) => void) {
    this.#environment = environment;
    this.#dns = dns;
    this.#random = random;
    this.#begun = begun;
  }

  /** Resolves with a stream of which the purpose can begin. @throws ConnectError, with the reason in words */
  async dial(options: DialOptions): Promise<OutgoingStream> {
    const { core, config, log } = this.#environment;
    const { pair, purpose, resumes, trace = new Trace(core.clock) } = options;
    const time = new AbortController();
    const seconds = resumes === undefined ? config.connect_seconds : config.connect_seconds * RESUMPTION_SHARE;
    const late = new ConnectError('remote-server-timeout', `it took longer than ${seconds} s`, { step: 'time' });
    const cancel = core.clock.after(seconds * 1000, () => time.abort(late));
    try {
      await resumes?.settle();
      const stream = await this.#inTime(pair, purpose, resumes, trace, time.signal);
      log.info({ ...pair, peer: stream.link.address, purpose, proof: stream.proof }, 'server stream opened');
      return stream;
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
      if (purpose !== 'test') this.#environment.traffic.of(pair.remote).failed(error.step);
      trace.note(`failed: ${error.message}`);
      log.info({ ...pair, purpose, steps: trace.steps.map(({ text }) => text) }, 'no stream with the other server');
      throw error;
    } finally {
      cancel();
    }
  }

  async #inTime(
    pair: Pair,
    purpose: Purpose,
    resumes: ResumableStream | undefined,
    trace: Trace,
    signal: AbortSignal,
  ): Promise<OutgoingStream> {
    const { servers } = this.#environment.config;
    const targets = await resolveServer(pair.remote, { dns: this.#dns, servers, random: this.#random }, trace);
    let failure: ConnectError | undefined;
    for (const target of targets.list) {
      try {
        const socket = await this.#connect(target, targets, trace, signal);
        return await this.#negotiate(
          socket,
          { pair, purpose, isDirect: target.tls === 'direct', trace, resumes },
          signal,
        );
      } catch (error) {
        if (!(error instanceof ConnectError) || signal.aborted || error.isFinal) throw error;
        failure = error;
        if (targets.list.length > 1) trace.note(error.message);
      }
    }
    throw (
      failure ??
      new ConnectError('remote-server-not-found', 'there is nothing to connect to', { isFinal: true, step: 'dns' })
    );
  }

  async #negotiate(
    socket: Socket,
    options: ConstructorParameters<typeof OutgoingStream>[2],
    signal: AbortSignal,
  ): Promise<OutgoingStream> {
    const link = new ServerLink(socket, this.#environment);
    const stream = new OutgoingStream(link, this.#environment, options);
    this.#begun(stream);
    const timedOut = (): void => stream.timedOut();
    signal.addEventListener('abort', timedOut);
    try {
      await stream.ready;
    } finally {
      signal.removeEventListener('abort', timedOut);
    }
    return stream;
  }

  async #connect(target: Target, { isFallback }: Targets, trace: Trace, signal: AbortSignal): Promise<Socket> {
    const { host, port, tls } = target;
    const addresses = await this.#addresses(host, isFallback, trace);
    signal.throwIfAborted();
    const where = `${addresses.map(({ address }) => address).join(', ')}, port ${port}`;
    try {
      const socket = await connectFirst(addresses, port, this.#environment.core.clock, signal);
      trace.note(`connected to ${socket.remoteAddress}, port ${port}${tls === 'direct' ? ', for direct TLS' : ''}`);
      return socket;
    } catch (error) {
      if (error instanceof ConnectError) throw error;
      const reasons = error instanceof AggregateError ? error.errors.map((one) => inWords(one)) : [String(error)];
      const message = `nobody takes connections at ${where}: ${[...new Set(reasons)].join(', ')}`;
      // §8.3.3.16: without records that say that there is a server, silence at the registered port says there is none
      throw isFallback
        ? new ConnectError('remote-server-not-found', message, { isFinal: true, step: 'connection', cause: error })
        : new ConnectError('remote-server-timeout', message, { step: 'connection', cause: error });
    }
  }

  async #addresses(host: string, isFallback: boolean, trace: Trace): Promise<readonly Address[]> {
    try {
      const addresses = await this.#dns.addresses(host);
      if (addresses.length === 0) {
        const message = isFallback ? `DNS knows no ${host}` : `DNS has no address of ${host}`;
        throw new ConnectError('remote-server-not-found', message, { isFinal: isFallback, step: 'dns' });
      }
      trace.note(`${host} has the address ${addresses.map(({ address }) => address).join(', ')}`);
      return addresses;
    } catch (error) {
      if (!(error instanceof DnsError)) throw error;
      throw new ConnectError('remote-server-timeout', `no address of ${host}: ${error.message}`, {
        step: 'dns',
        cause: error,
      });
    }
  }
}

function inWords(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ECONNREFUSED':
      return 'refused';
    case 'ETIMEDOUT':
      return 'no answer';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'no way there';
    default:
      return error.message;
  }
}
