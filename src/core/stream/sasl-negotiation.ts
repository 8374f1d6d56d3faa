/** RFC 6120 §6: SASL on an XML stream */
import type { AuthContext, Mechanism, SaslCondition, SaslExchange, SaslStep } from '../auth/index.ts';
import { SaslError } from '../auth/index.ts';
import { type Awaitable, isPromise } from '../awaitable.ts';
import { type Element, NS_SASL, ns } from '../xml/index.ts';

const sasl = ns(NS_SASL);

/** RFC 6120 §6.4.5: between 2 and 5 retries. */
const MAX_FAILURES = 4;

export interface SaslOutcome {
  readonly reply: Element;
  /** Prepared localpart, after success. */
  readonly username?: string;
  /** The account lasts as long as this connection (XEP-0175). */
  readonly temporary?: boolean;
  /** Why this attempt failed, if it did. */
  readonly failure?: { readonly condition: SaslCondition; readonly mechanism: string | undefined };
  /** Failed so often that the stream should end. */
  readonly exhausted?: boolean;
}

/** All attempts on one stream. */
export class SaslNegotiation {
  readonly #context: AuthContext;
  readonly #mechanisms: readonly Mechanism[];
  #exchange: SaslExchange | undefined;
  /** The last that was asked for and is offered. */
  #mechanism: string | undefined;
  #failures = 0;

  constructor(context: AuthContext, mechanisms: readonly Mechanism[]) {
    this.#context = context;
    this.#mechanisms = mechanisms;
  }

  /** The stream features; none when this link gets no mechanism at all. XEP-0440 §3: the channel bindings beside them. */
  features(): Element[] {
    const names = this.#offered().map(({ name }) => sasl('mechanism', {}, name));
    if (names.length === 0) return [];
    const bindings = this.#context.channelBindings.map((type) => binding('channel-binding', { type }));
    return [
      sasl('mechanisms', {}, ...names),
      ...(bindings.length === 0 ? [] : [binding('sasl-channel-binding', {}, ...bindings)]),
    ];
  }

  /** Takes auth, response or abort. Never throws or rejects with a SaslError. */
  take(element: Element): Awaitable<SaslOutcome> {
    try {
      const step = this.#step(element);
      if (!isPromise(step)) return this.#progress(step);
      return step.then(
        (late) => this.#progress(late),
        (error: unknown) => this.#failure(error),
      );
    } catch (error) {
      return this.#failure(error);
    }
  }

  #offered(): readonly Mechanism[] {
    return this.#mechanisms.filter((mechanism) => mechanism.isOffered(this.#context));
  }

  /** §6.5.4: what TLS would make possible is told apart. */
  #reasonNotOffered(name: string | undefined): SaslCondition {
    const context = { ...this.#context, secure: true };
    const isThere = this.#mechanisms.some((mechanism) => mechanism.name === name && mechanism.isOffered(context));
    return isThere && !this.#context.secure ? 'encryption-required' : 'invalid-mechanism';
  }

  #step(element: Element): Awaitable<SaslStep> {
    switch (element.name) {
      case 'auth': {
        const name = element.attr('mechanism');
        const mechanism = this.#offered().find((offered) => offered.name === name);
        this.#mechanism = mechanism?.name;
        if (mechanism === undefined) throw new SaslError(this.#reasonNotOffered(name));
        this.#exchange = mechanism.start(this.#context);
        const initial = element.text();
        return this.#exchange.step(initial === '' ? undefined : decode(initial));
      }
      case 'response':
        if (this.#exchange === undefined) throw new SaslError('malformed-request', 'nothing was asked');
        return this.#exchange.step(decode(element.text()));
      case 'abort':
        throw new SaslError('aborted');
      default:
        throw new SaslError('malformed-request', `unknown element ${element.name}`);
    }
  }

  #progress(step: SaslStep): SaslOutcome {
    if ('challenge' in step) return { reply: sasl('challenge', {}, encode(step.challenge)) };
    this.#exchange = undefined;
    const data = step.data === undefined ? undefined : encode(step.data);
    return { reply: sasl('success', {}, data), username: step.username, temporary: step.temporary === true };
  }

  #failure(error: unknown): SaslOutcome {
    this.#exchange = undefined;
    if (!(error instanceof SaslError)) throw error;
    const text = error.text === undefined ? undefined : sasl('text', { 'xml:lang': 'en' }, error.text);
    this.#failures++;
    return {
      reply: sasl('failure', {}, sasl(error.condition), text),
      failure: { condition: error.condition, mechanism: this.#mechanism },
      exhausted: this.#failures > MAX_FAILURES,
    };
  }
}

const binding = ns('urn:xmpp:sasl-cb:0');

/** RFC 6120 §6.3.10: `=` is data of zero length, which nothing is not. */
function encode(data: Uint8Array): string {
  return data.length === 0 ? '=' : Buffer.from(data).toString('base64');
}

/** RFC 6120 §13.9.1: the alphabet and the padding are checked. */
function decode(text: string): Uint8Array {
  if (text === '=') return new Uint8Array(0);
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) throw new SaslError('incorrect-encoding');
  return bytes;
}
