/** RFC 6120 §8.3: stanza errors */
import { type Element, NS_STANZAS, ns } from '../xml/index.ts';

export type ErrorType = 'auth' | 'cancel' | 'continue' | 'modify' | 'wait';

/** Each defined condition with the error type RFC 6120 §8.3.3 recommends for it. */
export const STANZA_CONDITIONS = {
  'bad-request': 'modify',
  conflict: 'cancel',
  'feature-not-implemented': 'cancel',
  forbidden: 'auth',
  gone: 'cancel',
  'internal-server-error': 'cancel',
  'item-not-found': 'cancel',
  'jid-malformed': 'modify',
  'not-acceptable': 'modify',
  'not-allowed': 'cancel',
  'not-authorized': 'auth',
  'policy-violation': 'modify',
  'recipient-unavailable': 'wait',
  redirect: 'modify',
  'registration-required': 'auth',
  'remote-server-not-found': 'cancel',
  'remote-server-timeout': 'wait',
  'resource-constraint': 'wait',
  'service-unavailable': 'cancel',
  'subscription-required': 'auth',
  'undefined-condition': 'cancel',
  'unexpected-request': 'wait',
} as const satisfies Record<string, ErrorType>;

export type StanzaCondition = keyof typeof STANZA_CONDITIONS;

const stanzas = ns(NS_STANZAS);

/**
 * Thrown by a handler to refuse a stanza. Only the router turns it into an error reply, and never in answer to an
 * error or a result (RFC 6120 §8.3.1).
 */
export class StanzaError extends Error {
  override readonly name = 'StanzaError';
  readonly condition: StanzaCondition;
  readonly type: ErrorType;
  readonly text: string | undefined;
  /** An application-specific condition, in a namespace of its own (§8.3.4). */
  readonly application: Element | undefined;
  /** What of the refused stanza comes back beside the error (§8.3.1). */
  readonly about: Element | undefined;

  constructor(
    condition: StanzaCondition,
    text?: string,
    more: { type?: ErrorType; application?: Element; about?: Element; cause?: unknown } = {},
  ) {
    super(text === undefined ? condition : `${condition}: ${text}`, { cause: more.cause });
    this.condition = condition;
    this.type = more.type ?? STANZA_CONDITIONS[condition];
    this.text = text;
    this.application = more.application;
    this.about = more.about;
  }

  /** The same error, with an element that comes back beside it. */
  with(about: Element): StanzaError {
    const { condition, type, text, application } = this;
    return new StanzaError(condition, text, { type, ...(application && { application }), about, cause: this });
  }

  /** The `<error/>` child, in the namespace of the stanza it goes into. */
  toElement(namespace: string): Element {
    return ns(namespace)(
      'error',
      { type: this.type },
      stanzas(this.condition),
      this.text === undefined ? undefined : stanzas('text', { 'xml:lang': 'en' }, this.text),
      this.application,
    );
  }

  /** What an error stanza says; an unknown or missing condition is undefined-condition (RFC 6120 §8.3.3.21). */
  static from(stanza: Element): StanzaError {
    const error = stanza.child('error');
    const named = error?.elements().find((child) => child.ns === NS_STANZAS && child.name in STANZA_CONDITIONS);
    const condition = (named?.name ?? 'undefined-condition') as StanzaCondition;
    return new StanzaError(condition, error?.childText('text', NS_STANZAS));
  }
}
