/** What went wrong with a command, for faces that speak HTTP (RFC 9110 §15.5) */
import { type StanzaCondition, StanzaError } from '../stanza/index.ts';
import { CommandError, type CommandIssue } from './registry.ts';

export interface CommandFailure {
  readonly status: number;
  readonly body: {
    readonly error: {
      readonly condition: StanzaCondition;
      readonly text: string;
      /** Of an input that does not fit. */
      readonly issues?: readonly CommandIssue[];
    };
  };
}

/** The status for each condition of RFC 6120 §8.3.3. */
export const HTTP_STATUS: Readonly<Record<StanzaCondition, number>> = {
  'bad-request': 400,
  conflict: 409,
  'feature-not-implemented': 501,
  forbidden: 403,
  gone: 410,
  'internal-server-error': 500,
  'item-not-found': 404,
  'jid-malformed': 400,
  'not-acceptable': 422,
  'not-allowed': 403,
  'not-authorized': 401,
  'policy-violation': 403,
  'recipient-unavailable': 503,
  redirect: 409,
  'registration-required': 403,
  'remote-server-not-found': 404,
  'remote-server-timeout': 504,
  'resource-constraint': 503,
  'service-unavailable': 503,
  'subscription-required': 403,
  'undefined-condition': 500,
  'unexpected-request': 409,
};

export function failed(
  condition: StanzaCondition,
  text: string = condition,
  status: number = HTTP_STATUS[condition],
): CommandFailure {
  return { status, body: { error: { condition, text } } };
}

/** What to tell of what a command threw; undefined for a bug, which is for the log alone. */
export function failureOf(error: unknown): CommandFailure | undefined {
  if (error instanceof CommandError) {
    const { message: text, issues } = error;
    return { status: 400, body: { error: { condition: 'bad-request', text, issues } } };
  }
  if (error instanceof StanzaError) return failed(error.condition, error.text);
  return undefined;
}
