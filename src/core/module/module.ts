/** What a feature module is, and what it sees of the virtual host it is set up on */
import type { ZodType } from 'zod';
import type { Accounts } from '../auth/index.ts';
import type { Awaitable } from '../awaitable.ts';
import type { Clock } from '../clock/index.ts';
import type { Command, CommandRegistry } from '../command/index.ts';
import type { Amend, EventMap, EventName, Guard, Handle, Observe, StanzaEvent } from '../hooks/index.ts';
import type {
  Contract,
  FeaturePlace,
  Identity,
  InlineBind,
  InlineResume,
  NonzaTaker,
  StreamOffer,
} from '../host/index.ts';
import type { Jid } from '../jid/index.ts';
import type { Logger } from '../log/index.ts';
import type { IqAnswer, Target } from '../router/index.ts';
import type { RpcBackend } from '../rpc/index.ts';
import type { ClientSession } from '../session/index.ts';
import type { Stanza } from '../stanza/index.ts';
import type { Stores } from '../storage/index.ts';
import type { Element } from '../xml/index.ts';

/** A specification a module implements; doap.xml and the documentation are made from it. */
export interface Xep {
  readonly xep: number;
  readonly version: string;
  /** As XEP-0453 §4.2 has it; without it, complete. */
  readonly status?: 'partial';
  readonly note?: string;
}

export interface Module<Name extends string, Config, Api> {
  /** Folder name, and the key in the configuration. */
  readonly name: Name;
  readonly xeps?: readonly Xep[];
  /** Which virtual hosts it can be set up on: those with accounts (default), service domains, or both. */
  readonly hosts?: 'users' | 'service' | 'any';
  /** Of a service: the label of its domain, before the domain of the users, unless the configuration names another. */
  readonly subdomain?: string;
  /** Validates the module's part of the configuration; every option has a default, so that `{}` is valid. */
  readonly config?: ZodType<Config>;
  /** Set up before this one; only these can be reached with `host.use`. Those for users are not on the host of a service. */
  // biome-ignore lint/suspicious/noExplicitAny: a list of modules whose config and API types differ
  readonly requires?: readonly Module<string, any, any>[];
  /** Runs once per virtual host. There is no stop: the host undoes what was registered. */
  setup(host: Host<Config>): Awaitable<Api>;
}

// biome-ignore lint/suspicious/noExplicitAny: config and API are known to the module itself only
export type AnyModule = Module<string, any, any>;

export function defineModule<Name extends string, Config = Record<string, never>, Api = void>(
  module: Module<Name, Config, Api>,
): Module<Name, Config, Api> {
  return module;
}

/** A virtual host as a module sees it. Everything registered here is undone when the module is taken down. */
export interface Host<Config = unknown> {
  /** The domain as a JID. */
  readonly domain: Jid;
  /** The domain of the users it is for: its own, unless this is the host of a service. */
  readonly home: Jid;
  readonly isService: boolean;
  /** The services for the users of this host, with the names they give themselves. */
  readonly services: readonly { readonly jid: Jid; readonly name: string | undefined }[];
  readonly config: Config;
  readonly log: Logger;
  readonly clock: Clock;
  /** Stores of this virtual host; the module names them. */
  readonly store: Stores;
  readonly accounts: Accounts;
  /** All commands of the server. Whoever runs one for somebody makes sure that this one may. */
  readonly commands: Pick<CommandRegistry, 'list' | 'get' | 'run'>;
  /** Those the configuration names. */
  readonly rpcBackends: ReadonlyMap<string, RpcBackend>;
  /** Aborted when the module is taken down. */
  readonly signal: AbortSignal;

  /** Answers an IQ request. A second answer to the same request throws at start. */
  iq(type: 'get' | 'set', name: string, ns: string, at: Target | readonly Target[], answer: IqAnswer): void;
  /** The same for an answer that may take seconds: what its sender sends next does not wait for it. */
  slowIq(type: 'get' | 'set', name: string, ns: string, at: Target | readonly Target[], answer: IqAnswer): void;
  /**
   * Takes all elements of a namespace that bound sessions send and that are no stanzas, in their order among the stanzas.
   * A second taker of a namespace throws at start.
   */
  nonza(ns: string, take: NonzaTaker): void;
  guard<E extends StanzaEvent>(event: E, check: Guard<E>): void;
  amend<E extends StanzaEvent>(event: E, rewrite: Amend<E>): void;
  handle<E extends StanzaEvent>(event: E, take: Handle<E>): void;
  observe<E extends EventName>(event: E, see: Observe<E>): void;
  /** Announces a feature in disco#info; default at the host. */
  feature(ns: string, at?: FeaturePlace | readonly FeaturePlace[]): void;
  identity(identity: Identity, at: FeaturePlace): void;
  streamFeature(offer: StreamOffer): void;
  /** Offers a feature of a session within Bind 2, by its namespace (XEP-0386 §3.1). */
  inlineBind(ns: string, take: InlineBind): void;
  /** Offers within SASL2 to go on with an earlier session instead of binding a resource (XEP-0388 §2.1). */
  inlineResume(inline: InlineResume): void;
  /** Offers an API to parts of the server that may not import this module. A second offer of a contract throws at start. */
  offer<Api>(contract: Contract<Api>, api: Api): void;
  /** Offers a command for the users of this host. Where several hosts do, the field `host` of its input says which is meant. */
  command(command: Command): void;

  /** What the host and its accounts announce: for disco and caps. */
  features(at: FeaturePlace): readonly string[];
  identities(at: FeaturePlace): readonly Identity[];

  /** Sends a stanza on its way, as if it had arrived from `from`. Never throws; errors go back to `from`. */
  route(stanza: Stanza): Awaitable<void>;
  /** Asks a client or another entity. @throws StanzaError its error, or remote-server-timeout */
  request(to: Jid, type: 'get' | 'set', payload: Element): Promise<Element | undefined>;
  /** The bound sessions of a local user; empty for anybody else. */
  sessions(user: Jid): readonly ClientSession[];
  /** The session with this full JID, of a user that this host is for. */
  session(jid: Jid): ClientSession | undefined;
  /** The session that can be resumed by this id. */
  resumable(id: string): ClientSession | undefined;
  /** Every bound session of this host. */
  allSessions(): Iterable<ClientSession>;
  /** Makes an account and tells the other modules. @throws StanzaError conflict, not-acceptable, not-allowed */
  createAccount(username: string, password: string): Promise<Jid>;
  /**
   * Deletes an account, ends its sessions, and has the modules purge its data.
   *
   * @param told called when the account is out of storage and its sessions still are there
   * @throws StanzaError item-not-found
   */
  deleteAccount(username: string, told?: () => void): Promise<void>;
  /** Tells the observers of an event without a stanza. Never throws. */
  notify<E extends EventName>(event: E, context: EventMap[E]): Awaitable<void>;
  /** … those of the host of the users, where this is a service for them. Never throws. */
  notifyHome<E extends EventName>(event: E, context: EventMap[E]): Awaitable<void>;
  /** The API of a module named in `requires`. */
  use<Api>(module: { readonly name: string; setup(host: never): Awaitable<Api> }): Api;
  /** Calls `undo` when the module is taken down. */
  defer(undo: () => void): void;
}
