/** RFC 6120 §4-6, XEP-0220 §2.2, XEP-0288, XEP-0198: a stream another server began, from its header to its proof */
import { randomBytes } from 'node:crypto';
import { type Awaitable, type Element, NS_SASL, NS_SERVER, NS_STREAMS, NS_TLS, ns, StreamError } from '#core';
import type { Verdict } from './dialback.ts';
import type { Environment } from './environment.ts';
import { ManagementAnswer } from './management-answer.ts';
import { Meter } from './meter.ts';
import { NS_BIDI, NS_BIDI_FEATURE, NS_DIALBACK_FEATURE } from './outgoing-stream.ts';
import { domainOf, type Pair } from './pair.ts';
import { faultFor, peerCertificate } from './peer-certificate.ts';
import type { ServerLink } from './server-link.ts';
import { features, type Proof, ServerStream } from './server-stream.ts';
import { failed, smFeature } from './stream-management.ts';

const tls = ns(NS_TLS);
const sasl = ns(NS_SASL);
const dialback = ns(NS_DIALBACK_FEATURE);
const bidiFeature = ns(NS_BIDI_FEATURE)('bidi');

export class IncomingStream extends ServerStream {
  readonly direction = 'incoming';
  #streamId = '';
  /** Keys that are being verified. */
  #verifying = 0;
  /** EXTERNAL has begun and awaits its response. */
  #isAsked = false;
  #isAuthenticated = false;
  /** The peer manages the stream, or sends stanzas without. */
  #isDecided = false;
  readonly #management: ManagementAnswer;

  constructor(link: ServerLink, environment: Environment, tls: 'starttls' | 'direct') {
    super(link, environment);
    link.sink = this;
    this.#management = new ManagementAnswer(this, environment, () => this.#decide());
    // Until it is known whose it is.
    const meter = new Meter(environment.core.clock, () => environment.config.bytes_per_second / 10);
    link.meter = (bytes) => meter.took(bytes, link);
    if (tls === 'direct') link.secureAsServer(environment.authorities.all);
  }

  opened(header: Element, contentNs: string): void {
    const [remote, local] = [domainOf(header.attr('from')), domainOf(header.attr('to'))];
    this.#streamId = randomBytes(12).toString('base64url');
    this.link.open({ from: local ?? header.attr('to'), to: header.attr('from'), id: this.#streamId });
    const fault = this.#headerFault(header, contentNs, { remote, local });
    if (fault !== undefined) return this.fail(fault);
    if (local !== undefined && remote !== undefined) this.pair = { local, remote };
    this.#offer();
  }

  #headerFault(
    header: Element,
    contentNs: string,
    { remote, local }: { readonly remote: string | undefined; readonly local: string | undefined },
  ): StreamError | undefined {
    if (header.ns !== NS_STREAMS) return new StreamError('invalid-namespace');
    if (header.name !== 'stream') return new StreamError('bad-format', 'the root element is stream');
    if (contentNs !== NS_SERVER) return new StreamError('invalid-namespace', 'the content namespace is jabber:server');
    if (!/^[1-9]\d{0,5}\.\d{1,6}$/.test(header.attr('version') ?? '')) return new StreamError('unsupported-version');
    if (local === undefined) return new StreamError('improper-addressing', 'the header names no host');
    if (!this.environment.isLocal(local)) return new StreamError('host-unknown');
    if (header.attr('from') === undefined) return undefined;
    if (remote === undefined || this.environment.isLocal(remote)) return new StreamError('invalid-from');
    if (!this.environment.isFederated(remote)) return new StreamError('policy-violation', 'no federation with you');
    // §4.7.1: after EXTERNAL the header is that of the same domains
    const isSame = this.pair === undefined || (this.pair.remote === remote && this.pair.local === local);
    if (this.#isAuthenticated && !isSame)
      return new StreamError('invalid-from', 'these are not the domains of the login');
  }

  get #mustSecure(): boolean {
    return !this.link.secure && this.environment.config.secure === 'required';
  }

  #offer(): void {
    const { config } = this.environment;
    const offers: Element[] = [];
    if (!this.link.secure) offers.push(tls('starttls', {}, this.#mustSecure ? tls('required') : undefined));
    if (!this.#mustSecure) {
      if (!this.#isAuthenticated && this.#faultOf(this.pair) === undefined) {
        offers.push(sasl('mechanisms', {}, sasl('mechanism', {}, 'EXTERNAL')));
      }
      if (!this.#isAuthenticated) offers.push(bidiFeature);
      if (config.dialback) offers.push(dialback('dialback', {}, dialback('errors')));
      offers.push(smFeature);
    }
    this.link.send(features('features', {}, offers));
  }

  /** Why the certificate does not prove the peer's domain; undefined when it does. */
  #faultOf(pair: Pair | undefined): string | undefined {
    const { tls: socket } = this.link;
    if (socket === undefined || pair === undefined) return 'there is no TLS, or no domain';
    const { authorities, paths, core } = this.environment;
    const { all, pinned } = authorities;
    const believed = { paths, authorities: pinned.get(pair.remote) ?? all, atHandshake: all, now: core.clock.now() };
    return faultFor(pair.remote, peerCertificate(socket, believed));
  }

  protected negotiate(element: Element): Awaitable<void> {
    switch (element.ns) {
      case NS_TLS:
        return this.#startTls(element);
      case NS_SASL:
        return this.#authenticate(element);
      case NS_BIDI:
        // XEP-0288 §2.2: before the login, and after TLS
        if (this.accepted.size === 0 && !this.#mustSecure) this.isBidi = true;
        return;
    }
    this.refuse(element);
  }

  #startTls(element: Element): void {
    if (element.name !== 'starttls' || this.link.secure) {
      this.link.send(tls('failure'));
      return this.fail();
    }
    this.isBidi = false;
    this.link.send(tls('proceed'));
    this.link.secureAsServer(this.environment.authorities.all);
  }

  /** XEP-0178 §3 */
  #authenticate(element: Element): void {
    if (element.name === 'abort') return this.#refuseLogin('aborted');
    if (this.#isAuthenticated || this.#mustSecure) return this.fail(new StreamError('policy-violation'));
    const isBegun = element.name === 'auth' && element.attr('mechanism') === 'EXTERNAL';
    if (!isBegun && !(element.name === 'response' && this.#isAsked)) return this.#refuseLogin('invalid-mechanism');
    const text = element.text().trim();
    if (isBegun && text === '') {
      this.#isAsked = true;
      return this.link.send(sasl('challenge'));
    }
    this.#isAsked = false;
    const { pair } = this;
    const authzid = text === '' || text === '=' ? '' : Buffer.from(text, 'base64').toString();
    const fault = this.#faultOf(pair);
    if (pair === undefined || fault !== undefined) return this.#refuseLogin('not-authorized', fault);
    if (authzid !== '' && domainOf(authzid) !== pair.remote) return this.#refuseLogin('invalid-authzid');
    this.#isAuthenticated = true;
    this.link.send(sasl('success'));
    this.#accepted(pair, 'EXTERNAL');
    this.link.restart();
  }

  /** The stream goes on, for dialback (XEP-0178 §3 step 10b). */
  #refuseLogin(condition: string, text?: string): void {
    this.#isAsked = false;
    this.environment.log.info({ peer: this.link.address, ...this.pair, condition, text }, 'server login failed');
    this.link.send(sasl('failure', {}, sasl(condition), text === undefined ? undefined : sasl('text', {}, text)));
  }

  /** XEP-0220 §2.2.1 */
  requested(pair: Pair, key: string): void {
    const { environment, link } = this;
    const { log, config } = environment;
    const answer = (verdict: Verdict): void => this.dialback.answer(pair, verdict);
    if (!environment.isLocal(pair.local)) return answer({ error: 'item-not-found' });
    if (environment.isLocal(pair.remote)) return answer({ error: 'not-acceptable' });
    if (!environment.isFederated(pair.remote)) return answer({ error: 'not-allowed' });
    if (this.#mustSecure) return answer({ error: 'policy-violation' });
    if (this.accepts(pair)) return answer('valid');
    if (this.accepted.size + this.#verifying >= config.domains_per_stream)
      return answer({ error: 'resource-constraint' });
    const fault = this.#faultOf(pair);
    // It need not be asked: the certificate tells more than DNS would.
    if (fault === undefined) return this.#proved(pair, 'certificate');
    if (!config.dialback || environment.authorities.pinned.has(pair.remote)) {
      log.info({ peer: link.address, ...pair, fault }, 'a server did not prove its domain');
      return answer({ error: 'not-authorized' });
    }
    this.#verifying++;
    void environment.verify(pair, this.#streamId, key).then((verdict) => {
      this.#verifying--;
      if (this.isOver) return;
      if (verdict === 'valid') return this.#proved(pair, 'dialback');
      if (verdict !== 'invalid') {
        log.info({ peer: link.address, ...pair, verdict }, 'a server did not prove its domain');
        return answer(verdict);
      }
      log.warn({ peer: link.address, ...pair }, 'a server gave a dialback key that its domain did not make');
      // §2.2.1: it must be closed, unless it carries other domains
      if (this.accepted.size > 0) return answer({ error: 'forbidden' });
      answer('invalid');
      this.fail();
    });
  }

  #proved(pair: Pair, proof: 'dialback' | 'certificate'): void {
    this.#accepted(pair, proof);
    this.dialback.answer(pair, 'valid');
    if (this.#isDecided) this.#carryBack(pair);
  }

  #accepted(pair: Pair, proof: Proof): void {
    const isFirst = this.accepted.size === 0;
    this.accept(pair, proof);
    this.pair ??= pair;
    if (isFirst) this.environment.proved(this, pair.remote);
  }

  /** What we send on it begins when the peer has begun: only then is it clear whether it is managed, or goes on with another (XEP-0198 §3). */
  #decide(): void {
    if (this.#isDecided) return;
    this.#isDecided = true;
    for (const pair of this.accepted) this.#carryBack(pair);
  }

  #carryBack(pair: Pair): void {
    const channel = this.isBidi ? this.environment.channel(pair) : undefined;
    if (channel !== undefined) this.resumable.attach(channel);
  }

  protected override tookStanza(): void {
    this.#decide();
  }

  /** XEP-0220 §2.2.2: we are the authoritative server. */
  verdictOn({ local, remote }: Pair, streamId: string, key: string): Verdict {
    if (this.#mustSecure) return { error: 'policy-violation' };
    if (!this.environment.isLocal(local)) return { error: 'item-not-found' };
    const of = { receiving: remote, originating: local, streamId };
    return this.environment.keys.isValid(key, of) ? 'valid' : 'invalid';
  }

  /** Nothing is asked on a stream another server began. */
  decided(): void {}

  protected negotiateManagement(element: Element): Awaitable<void> {
    if (element.name !== 'enable' && element.name !== 'resume') return this.refuse(element);
    // XEP-0198 §3
    if (this.accepted.size === 0) return this.link.send(failed('unexpected-request'));
    return this.#management.take(element);
  }

  protected left(): void {}

  secured(): void {}

  /** It has as long to prove a domain as a client has to log in. */
  override due(now: number): number {
    const patience = this.environment.core.limits.login_seconds * 1000;
    if (this.accepted.size > 0 || this.isOver) return super.due(now);
    const left = this.since + patience - now;
    if (left > 0) return left;
    this.fail(new StreamError('connection-timeout', 'no domain was proved in time'));
    return 0;
  }
}
