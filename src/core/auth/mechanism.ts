/** RFC 6120 §6, RFC 4422: authentication mechanisms, for any transport */
import type { Awaitable } from '../awaitable.ts';
import type { Element } from '../xml/index.ts';
import type { Accounts } from './accounts.ts';

/** RFC 5056 channel binding types (RFC 9266, RFC 5929); a transport may add names of its own. */
export type ChannelBindingType = 'tls-exporter' | 'tls-server-end-point' | (string & {});

/** What a mechanism may know of the link and the host it authenticates for. */
export interface AuthContext {
  readonly accounts: Accounts;
  /** The virtual host's domain. */
  readonly domain: string;
  /** IP address of the peer: failed logins are counted by it. */
  readonly address: string;
  readonly secure: boolean;
  /** In order of preference; empty without TLS. */
  readonly channelBindings: readonly ChannelBindingType[];
  channelBinding(type: ChannelBindingType): Uint8Array | undefined;
  /** JIDs a verified client certificate names (XEP-0178, RFC 6120 §13.7.1.4); undefined without one. */
  readonly certificateJids: readonly string[] | undefined;
  /** The names of all mechanisms that were offered, where there was an offer (XEP-0474). */
  readonly mechanisms?: readonly string[] | undefined;
  /** When the client logs in by a token. */
  readonly token?: TokenLogin | undefined;
}

/** XEP-0484 §4.4: whose token it is, and its use by number if the client counts. */
export interface TokenLogin {
  /** Id of the user agent. */
  readonly agent: string;
  readonly count: number | undefined;
}

/** RFC 6120 §6.5 */
export type SaslCondition =
  | 'aborted'
  | 'account-disabled'
  | 'credentials-expired'
  | 'encryption-required'
  | 'incorrect-encoding'
  | 'invalid-authzid'
  | 'invalid-mechanism'
  | 'malformed-request'
  | 'mechanism-too-weak'
  | 'not-authorized'
  | 'temporary-auth-failure';

/** Ends an exchange. */
export class SaslError extends Error {
  override readonly name = 'SaslError';
  readonly condition: SaslCondition;
  readonly text: string | undefined;
  /** An application-specific condition, in a namespace of its own (XEP-0388 §2.6.2). */
  readonly application: Element | undefined;

  constructor(
    condition: SaslCondition,
    text?: string,
    more: { application?: Element | undefined; cause?: unknown } = {},
  ) {
    super(text === undefined ? condition : `${condition}: ${text}`, { cause: more.cause });
    this.condition = condition;
    this.text = text;
    this.application = more.application;
  }
}

export type SaslStep =
  | { readonly challenge: Uint8Array }
  /**
   * `username` is the prepared localpart; `data` is additional data with success (RFC 6120 §6.3.10). A `temporary`
   * account is deleted when its connection ends (XEP-0175).
   */
  | { readonly username: string; readonly data?: Uint8Array; readonly temporary?: true };

/** One attempt. Steps are never taken concurrently; after success or a SaslError the exchange is over. */
export interface SaslExchange {
  /** @param response the decoded response; undefined for an attempt without initial response. @throws SaslError */
  step(response: Uint8Array | undefined): Awaitable<SaslStep>;
}

export interface Mechanism {
  /** IANA name. */
  readonly name: string;
  /** Higher is offered first. */
  readonly strength: number;
  /** Whether it can be offered on this link now. */
  isOffered(context: AuthContext): boolean;
  start(context: AuthContext): SaslExchange;
}

/** Types a mechanism of a plugin. */
export function defineMechanism(mechanism: Mechanism): Mechanism {
  return mechanism;
}
