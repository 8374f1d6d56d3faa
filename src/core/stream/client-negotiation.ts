/** RFC 6120 §4-7: from a stream header to a bound resource, on any link that carries XML */
import { randomBytes } from 'node:crypto';
import type { AuthContext } from '../auth/index.ts';
import { type Awaitable, isPromise, whenDone } from '../awaitable.ts';
import type { Deadline } from '../clock/index.ts';
import type { VirtualHost } from '../host/index.ts';
import { Jid } from '../jid/index.ts';
import type { Logger } from '../log/index.ts';
import type { Router } from '../router/index.ts';
import {
  type Addresses,
  type Iq,
  isStanza,
  MisshapenStanza,
  type Stanza,
  StanzaError,
  shapeStanza,
} from '../stanza/index.ts';
import { type Element, NS_BIND, NS_CLIENT, NS_SASL, NS_STREAMS, NS_TLS, ns } from '../xml/index.ts';
import { bindResource } from './binding.ts';
import { BoundStream, type StreamEnvironment } from './bound-stream.ts';
import type { StreamSink, XmlLink } from './link.ts';
import { SaslNegotiation } from './sasl-negotiation.ts';
import { StreamError } from './stream-error.ts';

export interface NegotiationEnvironment extends StreamEnvironment {
  readonly router: Router;
  readonly log: Logger;
}

const tls = ns(NS_TLS);
const features = ns(NS_STREAMS);

/** The sink of a client's link until its resource is bound; then a BoundStream takes its place. */
export class ClientNegotiation implements StreamSink, Deadline {
  readonly #link: XmlLink;
  readonly #environment: NegotiationEnvironment;
  readonly #deadline: number;
  #host: VirtualHost | undefined;
  /** Of the client's stream header. */
  #lang: string | undefined;
  #sasl: SaslNegotiation | undefined;
  /** Bare JID, once authenticated. */
  #user: Jid | undefined;
  /** Ends an account that lasts as long as the connection; for the session to call once there is one. */
  #leave: (() => void) | undefined;
  #waiting: Element[] | undefined;
  /** Between two streams of the link: TLS comes, or the header of the stream after SASL. */
  #stream: 'open' | 'securing' | 'restarting' = 'open';
  #over = false;

  constructor(link: XmlLink, environment: NegotiationEnvironment) {
    this.#link = link;
    this.#environment = environment;
    const patience = environment.limits.login_seconds * 1000;
    this.#deadline = environment.clock.now() + patience;
    environment.wheel.add(this, patience);
  }

  due(now: number): number {
    if (this.#over) return 0;
    if (now < this.#deadline) return this.#deadline - now;
    this.#fail(new StreamError('connection-timeout', 'not logged in in time'));
    return 0;
  }

  opened(header: Element, contentNs: string): void {
    try {
      this.#answerHeader(header, contentNs);
    } catch (error) {
      this.#crash(error);
    }
  }

  #answerHeader(header: Element, contentNs: string): void {
    const fault = this.#headerFault(header, contentNs);
    const name = domainOf(header.attr('to'));
    const host = this.#host ?? (name === undefined ? undefined : this.#environment.router.host(name));
    this.#lang = languageOf(header);
    this.#link.open({
      from: host?.domain.toString() ?? header.attr('to') ?? '',
      to: this.#user?.toString() ?? header.attr('from'),
      id: randomBytes(12).toString('base64url'),
      lang: 'en',
    });
    if (fault !== undefined) return this.#fail(fault);
    if (name === undefined) return this.#fail(new StreamError('improper-addressing', 'the header names no host'));
    // §4.9.3.6; after STARTTLS and SASL the host stays the one that was negotiated with
    if (host === undefined || host.domain.domain !== name) return this.#fail(new StreamError('host-unknown'));
    this.#host = host;
    this.#stream = 'open';
    this.#link.send(features('features', {}, ...this.#features(host)));
  }

  element(element: Element): void {
    if (this.#over) return;
    if (this.#waiting !== undefined) {
      this.#waiting.push(element);
      return;
    }
    const done = this.#take(element);
    if (isPromise(done)) {
      this.#waiting = [];
      this.#link.pause();
      done.then(
        () => this.#resume(),
        (error: unknown) => this.#crash(error),
      );
    }
  }

  closed(): void {
    if (!this.#over) this.#link.close();
    this.#end();
  }

  disconnected(): void {
    this.#end();
  }

  #resume(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    this.#link.resume();
    for (const element of waiting) {
      // What was bound meanwhile is taken by the session.
      if (this.#link.sink !== this) this.#link.sink.element(element);
      else if (this.#stream === 'open') this.element(element);
      // §5.4.3.3: what was sent in the clear after starttls is dropped
      else if (this.#stream === 'securing') return;
      // §6.4.6: nothing of the old stream belongs to the one after SASL
      else return this.#fail(new StreamError('not-authorized', 'a new stream comes first'));
    }
  }

  #take(element: Element): Awaitable<void> {
    const host = this.#host;
    if (host === undefined) return this.#fail(new StreamError('not-authorized'));
    try {
      switch (element.ns) {
        case NS_TLS:
          return this.#startTls(element, host);
        case NS_SASL:
          return this.#authenticate(element, host);
        case NS_CLIENT:
          if (isStanza(element)) return this.#stanza(element, host);
      }
    } catch (error) {
      return this.#crash(error);
    }
    // §4.9.3.24
    this.#fail(new StreamError('unsupported-stanza-type', `unknown element ${element.name}`));
  }

  /** §5.4.2 */
  #startTls(element: Element, host: VirtualHost): void {
    const link = this.#link;
    if (element.name !== 'starttls' || link.secure || link.startTls === 'off' || this.#user !== undefined) {
      link.send(tls('failure'));
      this.#environment.log.info({ peer: link.peer.address, secure: link.secure }, 'STARTTLS refused');
      return this.#fail();
    }
    link.send(tls('proceed'));
    this.#sasl = undefined;
    this.#stream = 'securing';
    link.secureNow(host.domain.toString());
  }

  #authenticate(element: Element, host: VirtualHost): Awaitable<void> {
    // §6.3.5, §6.4.1: not twice, and not before a TLS that is required
    if (this.#user !== undefined || this.#mustSecure) return this.#fail(new StreamError('policy-violation'));
    this.#sasl ??= new SaslNegotiation(this.#authContext(host), host.mechanisms);
    const outcome = this.#sasl.take(element);
    const settle = ({ reply, username, temporary, failure, exhausted }: Awaited<typeof outcome>): void => {
      if (failure !== undefined) {
        const { log } = this.#environment;
        log.info({ peer: this.#link.peer.address, host: host.domain.toString(), ...failure }, 'login failed');
      }
      const leave = temporary && username !== undefined ? () => host.deleteTemporary(username) : undefined;
      if (this.#over) return leave?.();
      this.#leave = leave;
      this.#link.send(reply);
      if (exhausted) return this.#fail(new StreamError('policy-violation', 'too many failed attempts'));
      if (username === undefined) return;
      this.#user = host.userJid(username);
      this.#sasl = undefined;
      this.#link.trust();
      this.#stream = 'restarting';
      this.#link.restart();
    };
    return isPromise(outcome) ? outcome.then(settle) : settle(outcome);
  }

  #stanza(element: Element, host: VirtualHost): Awaitable<void> {
    const bind = element.child('bind', NS_BIND);
    if (this.#user !== undefined && element.name === 'iq' && bind !== undefined) {
      return this.#bind(element, host, this.#user);
    }
    if (this.#user === undefined && !this.#mustSecure && element.name === 'iq') return this.#strangersIq(element, host);
    // §4.9.3.12, §7.1
    this.#fail(new StreamError('not-authorized'));
  }

  #bind(element: Element, host: VirtualHost, user: Jid): Awaitable<void> {
    const request = this.#request(element, {});
    if (request === undefined) return;
    // Whoever deletes or disables an account ends its sessions; this one was none yet.
    return whenDone(host.accounts.get(user.local), (account) => {
      if (this.#over) return;
      if (account === undefined || account.disabled) return this.#fail(new StreamError('not-authorized'));
      this.#becomeSession(request, host, user);
    });
  }

  #becomeSession(request: Iq, host: VirtualHost, user: Jid): void {
    try {
      const { limits } = this.#environment;
      const { session, result } = bindResource(host, user, request, this.#link, limits, this.#lang);
      const leave = this.#leave;
      this.#leave = undefined;
      this.#end();
      this.#link.sink = new BoundStream(session, this.#link, this.#environment, leave);
      this.#link.send(result);
      host.sessionBound(session);
    } catch (error) {
      this.#refuse(request, error);
    }
  }

  /** What somebody who has not logged in may ask, such as XEP-0077 registration. */
  #strangersIq(element: Element, host: VirtualHost): Awaitable<void> {
    const request = this.#request(element, { to: host.domain });
    const answer = request && host.iqs.find(request, 'stream');
    if (request === undefined) return;
    if (answer === undefined) return this.#fail(new StreamError('not-authorized'));
    const context = { target: 'stream', user: undefined, address: this.#link.peer.address } as const;
    const reply = (payload: Element | undefined | void): void => this.#link.send(request.result(payload ?? undefined));
    try {
      const payload = answer(request, context);
      if (isPromise(payload)) return payload.then(reply).catch((error: unknown) => this.#refuse(request, error));
      reply(payload);
    } catch (error) {
      this.#refuse(request, error);
    }
  }

  /** The element as an IQ; undefined when it was none and has been refused. */
  #request(element: Element, addresses: Addresses): Iq | undefined {
    try {
      return shapeStanza(element, addresses) as Iq;
    } catch (error) {
      if (error instanceof MisshapenStanza) this.#refuse(error.stanza, error);
      else this.#crash(error);
    }
  }

  #refuse(request: Stanza, error: unknown): void {
    if (!(error instanceof StanzaError)) return this.#crash(error);
    if (request.type === 'get' || request.type === 'set') this.#link.send(request.errorReply(error));
    else this.#fail(new StreamError('not-authorized'));
  }

  get #mustSecure(): boolean {
    return !this.#link.secure && this.#link.startTls === 'required';
  }

  #features(host: VirtualHost): Element[] {
    const link = this.#link;
    const secure = link.secure;
    if (this.#user !== undefined) {
      return [ns(NS_BIND)('bind'), ...host.features.offers({ secure, user: this.#user })];
    }
    const offers: Element[] = [];
    if (!secure && link.startTls !== 'off') {
      offers.push(tls('starttls', {}, link.startTls === 'required' ? tls('required') : undefined));
      // §5.3.1: a mandatory feature stands alone
      if (link.startTls === 'required') return offers;
    }
    this.#sasl = new SaslNegotiation(this.#authContext(host), host.mechanisms);
    return [...offers, ...this.#sasl.features(), ...host.features.offers({ secure, user: undefined })];
  }

  #authContext(host: VirtualHost): AuthContext {
    const link = this.#link;
    return {
      accounts: host.accounts,
      domain: host.domain.toString(),
      address: link.peer.address,
      secure: link.secure,
      channelBindings: link.channelBindings,
      channelBinding: (type) => link.channelBinding(type),
      certificateJids: link.certificateJids,
    };
  }

  /** §4.7, §4.8 */
  #headerFault(header: Element, contentNs: string): StreamError | undefined {
    if (header.ns !== NS_STREAMS) return new StreamError('invalid-namespace');
    if (header.name !== 'stream') return new StreamError('bad-format', 'the root element is stream');
    if (contentNs !== NS_CLIENT) return new StreamError('invalid-namespace', 'the content namespace is jabber:client');
    const version = /^(\d{1,6})\.\d{1,6}$/.exec(header.attr('version') ?? '');
    if (version === null || Number(version[1]) < 1) return new StreamError('unsupported-version');
    const from = header.attr('from');
    if (from !== undefined && this.#user !== undefined && !Jid.tryParse(from)?.bare().equals(this.#user)) {
      return new StreamError('invalid-from');
    }
  }

  #crash(error: unknown): void {
    this.#environment.log.error({ err: error, peer: this.#link.peer.address }, 'a login failed for a reason of ours');
    this.#fail(new StreamError('internal-server-error'));
  }

  #fail(error?: StreamError): void {
    if (this.#over) return;
    this.#end();
    this.#link.close(error);
  }

  #end(): void {
    this.#over = true;
    this.#leave?.();
    this.#leave = undefined;
    this.#environment.wheel.remove(this);
  }
}

/** RFC 6120 §4.7.4. It is added to every stanza that has none: what is no language tag (RFC 5646 §4.4.1) would only be ballast. */
function languageOf(header: Element): string | undefined {
  const lang = header.attr('xml:lang') ?? '';
  return lang.length <= 35 && /^[a-z\d]+(?:-[a-z\d]+)*$/i.test(lang) ? lang : undefined;
}

function domainOf(to: string | undefined): string | undefined {
  const jid = to === undefined || to === '' ? undefined : Jid.tryParse(to);
  return jid?.local === '' && jid.isBare ? jid.domain : undefined;
}
