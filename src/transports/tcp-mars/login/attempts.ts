/** 1001: the attempts to log in on one connection, by whatever mechanism (RFC 4422) */
import {
  type Awaitable,
  isPromise,
  ns,
  SaslError,
  type SaslExchange,
  type SaslStep,
  type StanzaCondition,
  StanzaError,
  StreamError,
} from '#core';
import type { Auth } from '#protocol/mars';
import type { Request } from '../request.ts';
import { RouterLink } from '../router/router-link.ts';
import { routerNamed } from '../router/secret.ts';
import { bind } from './bind.ts';
import type { Login } from './login.ts';
import { contextOf, mechanismsOf } from './mechanisms.ts';

/** RFC 6120 §6.4.5: between 2 and 5 retries. */
const MAX_FAILURES = 4;

const sasl = ns('urn:ietf:params:xml:ns:xmpp-sasl');

/** What the conditions of SASL are as those of stanzas. */
const CONDITIONS: Partial<Record<SaslError['condition'], StanzaCondition>> = {
  'malformed-request': 'bad-request',
  'incorrect-encoding': 'bad-request',
  'invalid-mechanism': 'feature-not-implemented',
  'temporary-auth-failure': 'resource-constraint',
};

/** How long a client does well to wait after it failed too often. */
const LATER_MS = 60_000;

export class Attempts {
  readonly #login: Login;
  #exchange: SaslExchange | undefined;
  #failures = 0;

  constructor(login: Login) {
    this.#login = login;
  }

  async take(request: Request): Promise<void> {
    const { payload } = request.body;
    if (payload.case !== 'auth') throw new StanzaError('bad-request', 'auth is missing');
    try {
      const step = await this.#step(payload.value, request);
      if (step === undefined) return;
      if ('challenge' in step) {
        request.answer({
          payload: { case: 'authResult', value: { step: { case: 'challenge', value: step.challenge } } },
        });
        return;
      }
      this.#exchange = undefined;
      await bind(this.#login, request, payload.value, step);
    } catch (error) {
      if (!(error instanceof SaslError)) throw error;
      this.#failed(request, error);
    }
  }

  /** Undefined when the client was told to come back later. */
  #step(auth: Auth, request: Request): Awaitable<SaslStep | undefined> {
    const data = auth.data.length === 0 ? undefined : auth.data;
    if (auth.mechanism === '') {
      if (this.#exchange === undefined) throw new SaslError('malformed-request', 'no login has begun');
      return this.#exchange.step(data ?? new Uint8Array());
    }
    if (auth.mechanism === 'ROUTER') return this.#router(auth, request);
    const offered = mechanismsOf(this.#login);
    const mechanism = offered.find(({ name }) => name === auth.mechanism);
    if (mechanism === undefined) throw new SaslError('invalid-mechanism', 'this mechanism is not offered here');
    const context = { ...contextOf(this.#login), mechanisms: offered.map(({ name }) => name) };
    const begin = (): Awaitable<SaslStep> => {
      this.#exchange = mechanism.start(context);
      return this.#exchange.step(data);
    };
    const { logins } = this.#login.connection.listener.core;
    const admitted = logins.admit('new', () => this.#login.isOver);
    const goOn = (seconds: number): Awaitable<SaslStep | undefined> => {
      if (this.#login.isOver) return undefined;
      if (seconds === 0) return begin();
      request.refuse(new StanzaError('resource-constraint', 'too many log in at once'), seconds * 1_000);
      return undefined;
    };
    return isPromise(admitted) ? admitted.then(goOn) : goOn(admitted);
  }

  /** A game server, which has no session of its own. */
  #router({ data }: Auth, request: Request): undefined {
    const { connection } = this.#login;
    const { core, config } = connection.listener;
    const { address } = connection.peer;
    core.failedLogins.check(address);
    try {
      const rule = routerNamed(config.routers, data, address);
      connection.sink = new RouterLink(connection, rule);
      connection.stage = 'logged in';
      connection.liftQuota();
      connection.wakeIn(config.idle_seconds * 1_000);
    } catch (error) {
      core.failedLogins.failed(address);
      throw error;
    }
    request.answer({ payload: { case: 'authResult', value: { step: { case: 'success', value: {} } } } });
  }

  /** A wrong answer costs the nonce. */
  #failed(request: Request, error: SaslError): void {
    const { connection, greeting } = this.#login;
    this.#exchange = undefined;
    if (greeting !== undefined) greeting.nonce = undefined;
    const { condition, text } = error;
    const host = greeting?.host.domain.toString();
    connection.listener.core.log.info({ peer: connection.peer.address, host, condition }, 'login failed');
    const refusal = new StanzaError(CONDITIONS[condition] ?? 'not-authorized', text, { application: sasl(condition) });
    request.refuse(refusal, condition === 'temporary-auth-failure' ? LATER_MS : undefined);
    this.#failures += 1;
    if (this.#failures > MAX_FAILURES) {
      connection.close(new StreamError('policy-violation', 'too many failed attempts'));
    }
  }
}
