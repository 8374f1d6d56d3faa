/** RFC 6120 §8.3: errors of stanzas and of requests */
import { type Element, NS_CLIENT, NS_STANZAS, ns, STANZA_CONDITIONS, StanzaError, type XmlLimits } from '#core';
import type { Error as ErrorMessage, Extension } from '#protocol/mars';
import type { Draft } from './draft.ts';
import { fromExtension, hasOnly, plainText, toExtension } from './extension.ts';

export type ErrorDraft = Omit<Draft<ErrorMessage>, 'app'> & { app?: Draft<Extension> | undefined };

/** XEP-0086 §2 */
const CODES: Readonly<Record<string, number>> = {
  'bad-request': 400,
  conflict: 409,
  'feature-not-implemented': 501,
  forbidden: 403,
  gone: 302,
  'internal-server-error': 500,
  'item-not-found': 404,
  'jid-malformed': 400,
  'not-acceptable': 406,
  'not-allowed': 405,
  'not-authorized': 401,
  'policy-violation': 405,
  'recipient-unavailable': 404,
  redirect: 302,
  'registration-required': 407,
  'remote-server-not-found': 404,
  'remote-server-timeout': 504,
  'resource-constraint': 500,
  'service-unavailable': 503,
  'subscription-required': 407,
  'undefined-condition': 500,
  'unexpected-request': 400,
};

const stanzas = ns(NS_STANZAS);
const client = ns(NS_CLIENT);

/** @param retryAfterMs with type wait: not before this */
export function errorBody({ type, condition, text, application }: StanzaError, retryAfterMs?: number): ErrorDraft {
  return {
    type,
    condition,
    code: CODES[condition] ?? 0,
    ...(text !== undefined && { text, lang: 'en' }),
    ...(application !== undefined && { app: toExtension(application) }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

/** What `<error/>` says, and whether that is all of it. */
export function readError(error: Element): { readonly body: ErrorDraft; readonly isWhole: boolean } {
  const { type = '', by = '' } = error.attrs;
  const children = error.elements();
  const conditions = children.filter(({ name, ns }) => ns === NS_STANZAS && name in STANZA_CONDITIONS);
  const texts = children.filter((child) => child.is('text', NS_STANZAS));
  const others = children.filter(({ ns }) => ns !== NS_STANZAS);
  const [[condition], [text], [app]] = [conditions, texts, others];
  const lang = text?.attrs['xml:lang'];
  const isWhole =
    hasOnly(error, ...(by === '' ? ['type'] : ['type', 'by'])) &&
    children.length === error.children.length &&
    children.length === (condition ? 1 : 0) + (text ? 1 : 0) + (app ? 1 : 0) &&
    condition !== undefined &&
    plainText(condition) === '' &&
    (text === undefined || (hasOnly(text, ...(lang === undefined ? [] : ['xml:lang'])) && isFilled(text)));
  const name = condition?.name ?? 'undefined-condition';
  const body = {
    ...{ type, condition: name, code: CODES[name] ?? 0 },
    ...(text !== undefined && { text: text.text() }),
    ...(lang !== undefined && { lang }),
    ...(by !== '' && { by }),
    ...(app !== undefined && { app: toExtension(app) }),
  };
  return { body, isWhole };
}

function isFilled({ children }: Element): boolean {
  return children.length === 1 && typeof children[0] === 'string';
}

/** @throws StanzaError bad-request */
export function errorElement(body: ErrorDraft, limits: XmlLimits): Element {
  const { type = '', condition = '', text = '', lang = '', by = '', app } = body;
  if (!(condition in STANZA_CONDITIONS)) throw new StanzaError('bad-request', 'the condition of an error is not known');
  return client(
    'error',
    { type: type === '' ? undefined : type, by: by === '' ? undefined : by },
    stanzas(condition),
    text === '' ? undefined : stanzas('text', { 'xml:lang': lang === '' ? undefined : lang }, text),
    app && fromExtension(app, limits),
  );
}
