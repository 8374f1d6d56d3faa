/** RFC 6120 §4-6, XEP-0220 §2.1, XEP-0288, XEP-0198: a stream we began, from its header to where stanzas may be sent */
import { isIP } from 'node:net';
import { type Awaitable, type Element, NS_SASL, NS_SERVER, NS_STREAMS, NS_TLS, ns, StreamError } from '#core';
import { ConnectError, type ConnectStep } from './connect-error.ts';
import type { Patience, Verdict } from './dialback.ts';
import type { Environment } from './environment.ts';
import { ManagementRequest } from './management-request.ts';
import { keyOf, type Pair } from './pair.ts';
import { faultFor, type PeerCertificate, peerCertificate } from './peer-certificate.ts';
import { brokenOff, endedByPeer, notProved } from './refusals.ts';
import { asciiDomain } from './resolve.ts';
import type { ResumableStream } from './resumable-stream.ts';
import { NS_DIALBACK, type ServerLink } from './server-link.ts';
import { ServerStream } from './server-stream.ts';
import { NS_SM } from './stream-management.ts';
import type { Trace } from './trace.ts';

export const NS_BIDI = 'urn:xmpp:bidi';
export const NS_BIDI_FEATURE = 'urn:xmpp:features:bidi';
export const NS_DIALBACK_FEATURE = 'urn:xmpp:features:dialback';
const tls = ns(NS_TLS);
const sasl = ns(NS_SASL);
const bidi = ns(NS_BIDI)('bidi');

/** Stanzas are to be sent, keys verified without being known oneself (XEP-0220 §2.1.2), or the way is to be tried out. */
export type Purpose = 'stanzas' | 'verification' | 'test';

export interface OutgoingOptions {
  readonly pair: Pair;
  readonly purpose: Purpose;
  readonly isDirect: boolean;
  readonly trace: Trace;
  /** A stream whose connection was lost, to go on with. */
  readonly resumes?: ResumableStream | undefined;
}

export class OutgoingStream extends ServerStream {
  readonly direction = 'outgoing';
  override readonly pair: Pair;
  /** Resolves when what it is for can begin. Rejects with a ConnectError. */
  readonly ready: Promise<void>;
  readonly #options: OutgoingOptions;
  readonly #trace: Trace;
  #resolve = (): void => {};
  #reject = (_error: Error): void => {};
  #isReady = false;
  /** Of the peer's header. */
  #streamId = '';
  #speaksDialback = false;
  #isLoggingIn = false;
  #isAuthenticated = false;
  /** Those the stream had when it was authorised, or last. */
  #features: Element | undefined;
  /** Why the peer's certificate does not prove its domain. */
  #fault: string | undefined = 'there is no TLS';
  #management: ManagementRequest | undefined;

  constructor(link: ServerLink, environment: Environment, options: OutgoingOptions) {
    super(link, environment);
    this.pair = options.pair;
    this.#options = options;
    this.#trace = options.trace;
    this.ready = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.ready.catch(() => {});
    link.sink = this;
    if (options.isDirect) this.#startTls();
    else this.#open();
  }

  get remote(): string {
    return this.pair.remote;
  }

  /** Asks whether a key is the peer's. */
  verify(pair: Pair, streamId: string, key: string, patience: Patience): Promise<Verdict> {
    if (this.isOver) return Promise.resolve({ error: 'remote-server-timeout' });
    return this.dialback.verify(pair, streamId, key, patience);
  }

  #open(): void {
    const { local, remote } = this.pair;
    this.link.open({ from: local, to: remote });
  }

  opened(header: Element, contentNs: string): void {
    if (header.ns !== NS_STREAMS || contentNs !== NS_SERVER)
      return this.#giveUp('it answers with no stream of servers', 'stream');
    const id = header.attr('id');
    const isOld = !/^[1-9]\d*\.\d+$/.test(header.attr('version') ?? '');
    if (isOld) return this.#giveUp('it speaks no XMPP 1.0, so there can be no encryption', 'stream');
    if (id === undefined || id === '') return this.#giveUp('its stream has no id', 'stream');
    this.#streamId = id;
    this.#speaksDialback = Object.values(header.attrs).includes(NS_DIALBACK);
  }

  protected negotiate(element: Element): Awaitable<void> {
    if (this.#isReady) return this.refuse(element);
    if (element.is('features', NS_STREAMS)) return this.#offered(element);
    if (element.ns === NS_TLS) {
      if (element.name === 'proceed' && !this.link.secure) return this.#startTls();
      return this.#giveUp('it refused STARTTLS', 'tls');
    }
    if (element.ns === NS_SASL && this.#isLoggingIn) return this.#authenticated(element);
    this.refuse(element);
  }

  #offered(offer: Element): void {
    const { config } = this.environment;
    this.#features = offer;
    this.#trace.note(`it offers ${namesOf(offer)}`);
    if (!this.link.secure) {
      if (offer.child('starttls', NS_TLS) !== undefined) {
        this.#trace.note('asking for TLS');
        return this.link.send(tls('starttls'));
      }
      if (config.secure === 'required') {
        return this.#giveUp('it offers no TLS, which the configuration requires (s2s.secure)', 'tls', true);
      }
    }
    if (this.#options.purpose === 'verification') return this.#begin();
    if (this.#isAuthenticated) return this.#authorised('EXTERNAL');
    if (offer.child('bidi', NS_BIDI_FEATURE) !== undefined) {
      this.link.send(bidi);
      this.isBidi = true;
    }
    const mechanisms = offer.child('mechanisms', NS_SASL)?.elements('mechanism') ?? [];
    if (this.link.secure && mechanisms.some((mechanism) => mechanism.text().trim() === 'EXTERNAL')) {
      this.#trace.note(`it takes our certificate for a proof of ${this.pair.local}: logging in with EXTERNAL`);
      this.#isLoggingIn = true;
      // XEP-0178 §3 step 9: older servers want the name
      return this.link.send(sasl('auth', { mechanism: 'EXTERNAL' }, this.#identity));
    }
    this.#askBack();
  }

  get #identity(): string {
    return Buffer.from(this.pair.local).toString('base64');
  }

  #authenticated(element: Element): void {
    if (element.name === 'challenge') return this.link.send(sasl('response', {}, this.#identity));
    this.#isLoggingIn = false;
    if (element.name === 'success') {
      this.#trace.note('logged in');
      this.#isAuthenticated = true;
      this.link.restart();
      return this.#open();
    }
    const condition = element.elements()[0]?.name ?? 'no reason given';
    this.#trace.note(`it refused EXTERNAL (${condition})`);
    this.#askBack();
  }

  /** XEP-0220 §2.1.1, step 1. */
  #askBack(): void {
    const { config, keys } = this.environment;
    const { local, remote } = this.pair;
    const offered = this.#speaksDialback || this.#features?.child('dialback', NS_DIALBACK_FEATURE) !== undefined;
    if (!offered) return this.#giveUp('it offers neither EXTERNAL nor dialback to us', 'authentication', true);
    if (!config.dialback) {
      return this.#giveUp(
        'it does not take our certificate, and dialback is off (s2s.dialback)',
        'authentication',
        true,
      );
    }
    this.#trace.note(`sending a dialback key: it will ask the server of ${local}, as it finds it in DNS, about it`);
    const key = keys.make({ receiving: remote, originating: local, streamId: this.#streamId });
    this.dialback.request(this.pair, key);
  }

  decided(pair: Pair, verdict: Verdict): void {
    if (keyOf(pair) !== keyOf(this.pair)) return;
    if (verdict === 'valid') {
      this.#trace.note('it found the key valid');
      return this.#authorised('dialback');
    }
    this.#stop(notProved(pair.local, verdict));
  }

  #authorised(proof: 'EXTERNAL' | 'dialback'): void {
    const { resumes, purpose, trace } = this.#options;
    this.proof = proof;
    this.environment.traffic.reached(this.remote);
    this.link.trust();
    // We went to where the domain is by DNS, which is all that dialback proves; or the certificate proves it.
    if (this.isBidi) this.accept(this.pair, this.#fault === undefined ? 'certificate' : 'dialback');
    if (this.#features?.child('sm', NS_SM) !== undefined && purpose === 'stanzas') {
      const isResumable = this.environment.config.resume_seconds > 0;
      this.#management = new ManagementRequest(this, { isResumable, resumes, trace }, () => this.#begin());
      return this.#management.begin();
    }
    resumes?.release();
    this.#begin();
  }

  protected negotiateManagement(element: Element): void {
    if (this.#management?.take(element) !== true) this.refuse(element);
  }

  #begin(): void {
    this.#isReady = true;
    this.#resolve();
    const channel = this.#options.purpose === 'stanzas' ? this.environment.channel(this.pair) : undefined;
    if (channel !== undefined) this.resumable.attach(channel);
  }

  /** Nobody is authorised on a stream that we began but its peer. */
  requested(pair: Pair): void {
    this.dialback.answer(pair, { error: 'not-allowed' });
  }

  verdictOn(): Verdict {
    return { error: 'not-allowed' };
  }

  #startTls(): void {
    const { remote } = this.pair;
    const host = asciiDomain(remote);
    const serverName = isIP(host) === 0 ? host : undefined;
    this.link.secureAsClient({ serverName, authorities: this.#authorities, isDirect: this.#options.isDirect });
  }

  get #authorities(): string | undefined {
    const { pinned, all } = this.environment.authorities;
    return pinned.get(this.remote) ?? all;
  }

  secured(): void {
    const { config, authorities, paths, core } = this.environment;
    const socket = this.link.tls;
    if (socket === undefined) return;
    const believed = { paths, authorities: this.#authorities, atHandshake: this.#authorities, now: core.clock.now() };
    const certificate: PeerCertificate | undefined = peerCertificate(socket, believed);
    this.#trace.note(`${socket.getProtocol()} is on; its certificate is ${certificate?.description ?? 'missing'}`);
    this.#fault = faultFor(this.remote, certificate);
    if (this.#fault === undefined) this.#trace.note(`the certificate proves ${this.remote}`);
    else if (config.dialback && !authorities.pinned.has(this.remote)) {
      this.#trace.note(`the certificate proves nothing: ${this.#fault}; going on, trusting DNS`);
    } else {
      const why = authorities.pinned.has(this.remote) ? 's2s.pinned' : 's2s.dialback';
      return this.#giveUp(
        `its certificate does not prove ${this.remote} (${why}): ${this.#fault}`,
        'certificate',
        true,
      );
    }
    this.#open();
  }

  protected left(reason: Error | undefined): void {
    this.#reject(this.complaint === undefined ? brokenOff(reason) : endedByPeer(this.complaint));
  }

  #giveUp(message: string, step: ConnectStep, isFinal = false): void {
    this.#stop(new ConnectError('remote-server-timeout', message, { isFinal, step }));
  }

  #stop(error: ConnectError): void {
    this.#reject(error);
    this.fail();
  }

  /** The time for it is over. */
  timedOut(): void {
    this.#reject(new ConnectError('remote-server-timeout', 'it took too long', { step: 'time' }));
    this.fail(new StreamError('connection-timeout'));
  }
}

function namesOf(offer: Element): string {
  const names = offer.children.flatMap((node) => {
    if (typeof node === 'string') return [];
    if (node.ns !== NS_SASL) return [node.name];
    return node.elements('mechanism').map((mechanism) => mechanism.text().trim());
  });
  return names.join(', ') || 'nothing';
}
