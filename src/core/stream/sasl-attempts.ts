/** RFC 4422: the attempts to log in on one stream, in whatever XML */
import type { AuthContext, Mechanism, SaslCondition, SaslExchange, SaslStep, TokenLogin } from '../auth/index.ts';
import { SaslError } from '../auth/index.ts';
import { type Awaitable, isPromise, whenDone } from '../awaitable.ts';
import type { VirtualHost } from '../host/index.ts';
import type { Element } from '../xml/index.ts';
import { admitLogin } from './admit-login.ts';
import type { Negotiation } from './negotiation.ts';
import { StreamError } from './stream-error.ts';

/** RFC 6120 §6.4.5: between 2 and 5 retries. */
const MAX_FAILURES = 4;

/** What the client says in an element, its data decoded. */
export type SaslRequest =
  | {
      readonly mechanism: string | undefined;
      readonly initial: Uint8Array | undefined;
      /** For a login by token, which has mechanisms of its own. */
      readonly token?: TokenLogin | undefined;
    }
  | { readonly response: Uint8Array }
  /** What belongs to the profile and to no mechanism. */
  | { readonly task: () => Awaitable<void> }
  | 'abort';

export type SaslSuccess = Exclude<SaslStep, { challenge: Uint8Array }>;

/** RFC 4422 §4: what a protocol makes of SASL. */
export interface SaslProfile {
  /** @throws SaslError, or StreamError for what has no place in the protocol */
  read(element: Element): SaslRequest;
  challenge(data: Uint8Array): Element;
  failure(error: SaslError): Element;
  /** @throws SaslError when the user cannot be let in nevertheless */
  succeeded(success: SaslSuccess, mechanism: string): Awaitable<void>;
}

export class SaslAttempts {
  readonly context: AuthContext;
  readonly #negotiation: Negotiation;
  readonly #host: VirtualHost;
  #exchange: SaslExchange | undefined;
  /** Of the exchange that is running. */
  #profile: SaslProfile | undefined;
  /** The last that was asked for and is offered. */
  #mechanism: string | undefined;
  #failures = 0;

  constructor(negotiation: Negotiation, host: VirtualHost) {
    this.#negotiation = negotiation;
    this.#host = host;
    this.context = authContext(negotiation, host);
  }

  offered(): readonly Mechanism[] {
    return this.#host.mechanisms.filter((mechanism) => mechanism.isOffered(this.context));
  }

  isOffered(name: string): boolean {
    return this.offered().some((mechanism) => mechanism.name === name);
  }

  /** Takes an element of the profile and answers it. Never throws or rejects with a SaslError. */
  take(element: Element, profile: SaslProfile): Awaitable<void> {
    if (this.#profile !== undefined && this.#profile !== profile) {
      return this.#negotiation.fail(new StreamError('policy-violation', 'another login has begun'));
    }
    const refused = (error: unknown): void => this.refuse(error, profile);
    try {
      const request = profile.read(element);
      const isLogin = typeof request === 'object' && 'mechanism' in request;
      const admitted = isLogin ? admitLogin(element, this.#negotiation, this.#host) : undefined;
      const done =
        typeof request === 'object' && 'task' in request
          ? request.task()
          : whenDone(admitted, () => whenDone(this.#step(request, profile), (step) => this.#progress(step, profile)));
      return isPromise(done) ? done.catch(refused) : done;
    } catch (error) {
      refused(error);
    }
  }

  /** Answers what went wrong with a login, and counts it. @throws what is neither a SaslError nor a StreamError */
  refuse(error: unknown, profile: SaslProfile): void {
    this.#profile = undefined;
    this.#exchange = undefined;
    if (error instanceof StreamError) return this.#negotiation.fail(error);
    if (!(error instanceof SaslError)) throw error;
    const { link, environment, isOver } = this.#negotiation;
    const why = { condition: error.condition, mechanism: this.#mechanism };
    environment.log.info({ peer: link.peer.address, host: this.context.domain, ...why }, 'login failed');
    this.#failures++;
    if (isOver) return;
    link.send(profile.failure(error));
    if (this.#failures > MAX_FAILURES) {
      this.#negotiation.fail(new StreamError('policy-violation', 'too many failed attempts'));
    }
  }

  #step(request: Exclude<SaslRequest, { task: unknown }>, profile: SaslProfile): Awaitable<SaslStep> {
    if (request === 'abort') throw new SaslError('aborted');
    if ('response' in request) {
      if (this.#exchange === undefined) throw new SaslError('malformed-request', 'nothing was asked');
      return this.#exchange.step(request.response);
    }
    const { token } = request;
    const all = token === undefined ? this.#host.mechanisms : (this.#host.fast?.mechanisms ?? []);
    const mechanism = all.find(({ name }) => name === request.mechanism);
    this.#mechanism = mechanism?.name;
    if (!mechanism?.isOffered(this.context)) throw new SaslError(this.#reasonNotOffered(mechanism));
    this.#profile = profile;
    const mechanisms = this.offered().map(({ name }) => name);
    this.#exchange = mechanism.start({ ...this.context, mechanisms, token });
    return this.#exchange.step(request.initial);
  }

  #progress(step: SaslStep, profile: SaslProfile): Awaitable<void> {
    const { link, isOver } = this.#negotiation;
    if ('challenge' in step) return link.send(profile.challenge(step.challenge));
    this.#profile = undefined;
    this.#exchange = undefined;
    if (!isOver) return profile.succeeded(step, this.#mechanism ?? '');
    if (step.temporary) this.#host.deleteTemporary(step.username);
  }

  /** RFC 6120 §6.5.4: what TLS would make possible is told apart. */
  #reasonNotOffered(mechanism: Mechanism | undefined): SaslCondition {
    const { secure } = this.context;
    return !secure && mechanism?.isOffered({ ...this.context, secure: true })
      ? 'encryption-required'
      : 'invalid-mechanism';
  }
}

function authContext({ link }: Negotiation, host: VirtualHost): AuthContext {
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
