/** RFC 6120 §4-7: from a stream header to a bound resource, on any link that carries XML */
import { randomBytes } from 'node:crypto';
import { type Awaitable, isPromise } from '../awaitable.ts';
import type { Deadline } from '../clock/index.ts';
import type { VirtualHost } from '../host/index.ts';
import type { Jid } from '../jid/index.ts';
import type { ClientSession, UserAgent } from '../session/index.ts';
import { isStanza } from '../stanza/index.ts';
import { type Element, NS_BIND, NS_CLIENT, NS_SASL, NS_STREAMS, NS_TLS, ns } from '../xml/index.ts';
import { answerBeforeLogin } from './before-login.ts';
import { bindFeature, bindResource } from './binding.ts';
import { BoundStream } from './bound-stream.ts';
import { channelBindingFeature } from './channel-binding.ts';
import type { StreamSink, XmlLink } from './link.ts';
import type { Login, Negotiation, NegotiationEnvironment } from './negotiation.ts';
import { resumeSession } from './resuming.ts';
import { Sasl } from './sasl.ts';
import { SaslAttempts } from './sasl-attempts.ts';
import { NS_SASL2, Sasl2 } from './sasl2.ts';
import { StreamError } from './stream-error.ts';
import { claimedUser, headerFault, hostNamed, languageOf } from './stream-header.ts';
import { limitsFeature } from './stream-limits.ts';

const tls = ns(NS_TLS);
const features = ns(NS_STREAMS);

/** Logging in, on a stream where that is possible. */
interface Authentication {
  readonly attempts: SaslAttempts;
  readonly sasl: Sasl;
  readonly sasl2: Sasl2;
}

/** The sink of a client's link until its resource is bound; then a BoundStream takes its place. */
export class ClientNegotiation implements Negotiation, StreamSink, Deadline {
  readonly link: XmlLink;
  readonly environment: NegotiationEnvironment;
  lang: string | undefined;
  from: Jid | undefined;
  userAgent: UserAgent | undefined;
  isOver = false;
  readonly #deadline: number;
  #host: VirtualHost | undefined;
  #authentication: Authentication | undefined;
  /** Bare JID, once authenticated. */
  #user: Jid | undefined;
  #leave: (() => void) | undefined;
  #waiting: Element[] | undefined;
  /** Between two streams of the link: TLS comes, or the header of the stream after SASL. */
  #stream: 'open' | 'securing' | 'restarting' = 'open';

  constructor(link: XmlLink, environment: NegotiationEnvironment) {
    this.link = link;
    this.environment = environment;
    const patience = environment.limits.login_seconds * 1000;
    this.#deadline = environment.clock.now() + patience;
    environment.wheel.add(this, patience);
  }

  due(now: number): number {
    if (this.isOver) return 0;
    if (now < this.#deadline) return this.#deadline - now;
    this.fail(new StreamError('connection-timeout', 'not logged in in time'));
    return 0;
  }

  opened(header: Element, contentNs: string): void {
    try {
      this.#answerHeader(header, contentNs);
    } catch (error) {
      this.crash(error);
    }
  }

  #answerHeader(header: Element, contentNs: string): void {
    const fault = headerFault(header, contentNs, this.#user);
    const name = hostNamed(header);
    const host = this.#host ?? (name === undefined ? undefined : this.environment.router.usersHost(name));
    this.lang = languageOf(header);
    this.from = claimedUser(header);
    this.link.open({
      from: host?.domain.toString() ?? header.attr('to') ?? '',
      to: this.#user?.toString() ?? header.attr('from'),
      id: randomBytes(12).toString('base64url'),
      lang: 'en',
    });
    if (fault !== undefined) return this.fail(fault);
    if (name === undefined) return this.fail(new StreamError('improper-addressing', 'the header names no host'));
    // §4.9.3.6; after STARTTLS and SASL the host stays the one that was negotiated with
    if (host === undefined || host.domain.domain !== name) return this.fail(new StreamError('host-unknown'));
    this.#host = host;
    this.#stream = 'open';
    this.sendFeatures();
  }

  element(element: Element): void {
    if (this.isOver) return;
    if (this.#waiting !== undefined) {
      this.#waiting.push(element);
      return;
    }
    const done = this.#take(element);
    if (isPromise(done)) {
      this.#waiting = [];
      this.link.pause();
      done.then(
        () => this.#resume(),
        (error: unknown) => this.crash(error),
      );
    }
  }

  closed(): void {
    if (!this.isOver) this.link.close();
    this.#end();
  }

  disconnected(): void {
    this.#end();
  }

  #resume(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    this.link.resume();
    for (const element of waiting) {
      // What was bound meanwhile is taken by the session.
      if (this.link.sink !== this) this.link.sink.element(element);
      else if (this.#stream === 'open') this.element(element);
      // §5.4.3.3: what was sent in the clear after starttls is dropped
      else if (this.#stream === 'securing') return;
      // §6.4.6: nothing of the old stream belongs to the one after SASL
      else return this.fail(new StreamError('not-authorized', 'a new stream comes first'));
    }
  }

  #take(element: Element): Awaitable<void> {
    const host = this.#host;
    if (host === undefined) return this.fail(new StreamError('not-authorized'));
    // XEP-0388 §2.4
    if (this.#authentication?.sasl2.isRunning && element.ns !== NS_SASL2) {
      return this.fail(new StreamError('policy-violation', 'a login has begun'));
    }
    try {
      switch (element.ns) {
        case NS_TLS:
          return this.#startTls(element, host);
        case NS_SASL:
          return this.#authenticate(element, 'sasl');
        case NS_SASL2:
          return this.#authenticate(element, 'sasl2');
        case NS_CLIENT:
          if (isStanza(element)) return this.#stanza(element, host);
          break;
        default: {
          const inline = host.inline.resumes.get(element.ns);
          if (inline !== undefined) return resumeSession(element, inline, this.#user, this);
        }
      }
    } catch (error) {
      return this.crash(error);
    }
    // §4.9.3.24
    this.fail(new StreamError('unsupported-stanza-type', `unknown element ${element.name}`));
  }

  /** §5.4.2 */
  #startTls(element: Element, host: VirtualHost): void {
    const { link } = this;
    if (element.name !== 'starttls' || link.secure || link.startTls === 'off' || this.#user !== undefined) {
      link.send(tls('failure'));
      this.environment.log.info({ peer: link.peer.address, secure: link.secure }, 'STARTTLS refused');
      return this.fail();
    }
    link.send(tls('proceed'));
    this.#authentication = undefined;
    this.#stream = 'securing';
    link.secureNow(host.domain.toString());
  }

  /** §6.3.5, §6.4.1: not twice, and not before a TLS that is required. */
  #authenticate(element: Element, profile: 'sasl' | 'sasl2'): Awaitable<void> {
    const authentication = this.#authentication;
    if (authentication === undefined) return this.fail(new StreamError('policy-violation'));
    return authentication.attempts.take(element, authentication[profile]);
  }

  authenticated({ user, userAgent, leave }: Login): void {
    this.#user = user;
    this.userAgent = userAgent;
    this.#leave = leave;
    this.#authentication = undefined;
    this.link.trust();
  }

  restart(): void {
    this.#stream = 'restarting';
    this.link.restart();
  }

  #stanza(element: Element, host: VirtualHost): Awaitable<void> {
    if (element.name === 'iq') {
      const user = this.#user;
      if (user !== undefined && element.child('bind', NS_BIND)) return bindResource(element, host, user, this);
      if (user === undefined && !this.#mustSecure) return answerBeforeLogin(element, host, this);
    }
    // §4.9.3.12, §7.1
    this.fail(new StreamError('not-authorized'));
  }

  handOver(session: ClientSession): void {
    const leave = this.#leave;
    this.#leave = undefined;
    this.#end();
    this.link.sink = new BoundStream(session, this.link, this.environment, leave);
  }

  get #mustSecure(): boolean {
    return !this.link.secure && this.link.startTls === 'required';
  }

  sendFeatures(session?: ClientSession): void {
    const host = this.#host as VirtualHost;
    const offers = this.#user === undefined ? this.#featuresBeforeLogin(host) : [];
    if (this.#user !== undefined && session === undefined) offers.push(bindFeature);
    if (!this.#mustSecure) {
      offers.push(...host.features.offers({ secure: this.link.secure, user: this.#user, session }));
      offers.push(limitsFeature(this.environment.limits, this.#user !== undefined));
    }
    this.link.send(features('features', {}, ...offers));
  }

  #featuresBeforeLogin(host: VirtualHost): Element[] {
    const { link } = this;
    const offers: Element[] = [];
    if (!link.secure && link.startTls !== 'off') {
      offers.push(tls('starttls', {}, link.startTls === 'required' ? tls('required') : undefined));
      // §5.3.1: a mandatory feature stands alone
      if (link.startTls === 'required') return offers;
    }
    const attempts = new SaslAttempts(this, host);
    const sasl = new Sasl(this, host);
    const sasl2 = new Sasl2(this, host, attempts);
    this.#authentication = { attempts, sasl, sasl2 };
    const mechanisms = [sasl.feature(attempts), sasl2.feature()].filter((feature) => feature !== undefined);
    offers.push(...mechanisms);
    if (mechanisms.length > 0) offers.push(...channelBindingFeature(link.channelBindings));
    return offers;
  }

  crash(error: unknown): void {
    this.environment.log.error({ err: error, peer: this.link.peer.address }, 'a login failed for a reason of ours');
    this.fail(new StreamError('internal-server-error'));
  }

  fail(error?: StreamError): void {
    if (this.isOver) return;
    this.#end();
    this.link.close(error);
  }

  #end(): void {
    this.isOver = true;
    this.#leave?.();
    this.#leave = undefined;
    this.environment.wheel.remove(this);
  }
}
