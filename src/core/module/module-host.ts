import type { Awaitable } from '../awaitable.ts';
import type { Command } from '../command/index.ts';
import type { Amend, EventName, Guard, Handle, Observe, Phase, StanzaEvent } from '../hooks/index.ts';
import type {
  Contract,
  FeaturePlace,
  InlineBind,
  InlineResume,
  NonzaTaker,
  StreamOffer,
  VirtualHost,
} from '../host/index.ts';
import type { Jid } from '../jid/index.ts';
import type { IqAnswer, Target } from '../router/index.ts';
import type { Stanza } from '../stanza/index.ts';
import type { Element } from '../xml/index.ts';
import type { AnyModule, Host } from './module.ts';
import type { SetUp } from './set-up.ts';

/** What a module sees of `host`, and the list of what to undo when it is taken down. */
export class ModuleHost implements Host {
  readonly #module: AnyModule;
  readonly #host: VirtualHost;
  readonly #apis: ReadonlyMap<string, unknown>;
  readonly #undo: (() => void)[] = [];
  readonly #end = new AbortController();
  readonly config: unknown;
  readonly commands: SetUp['commands'];
  readonly rpcBackends: SetUp['rpcBackends'];
  readonly log;

  constructor(
    module: AnyModule,
    host: VirtualHost,
    config: unknown,
    apis: ReadonlyMap<string, unknown>,
    { commands, rpcBackends }: SetUp,
  ) {
    this.#module = module;
    this.#host = host;
    this.commands = commands;
    this.rpcBackends = rpcBackends;
    this.#apis = apis;
    this.config = config;
    this.log = host.log.child({ module: module.name });
  }

  get domain() {
    return this.#host.domain;
  }
  get home() {
    return this.#host.home;
  }
  get isService() {
    return this.#host.isService;
  }
  get services() {
    return this.#host.services.map(({ domain, features }) => ({
      jid: domain,
      name: features.identities('host')[0]?.name,
    }));
  }
  get clock() {
    return this.#host.clock;
  }
  get store() {
    return this.#host.stores;
  }
  get accounts() {
    return this.#host.accounts;
  }
  get signal(): AbortSignal {
    return this.#end.signal;
  }

  iq(type: 'get' | 'set', name: string, ns: string, at: Target | readonly Target[], answer: IqAnswer): void {
    for (const target of [at].flat()) this.defer(this.#host.iqs.add(type, name, ns, target as Target, answer));
  }
  slowIq(type: 'get' | 'set', name: string, ns: string, at: Target | readonly Target[], answer: IqAnswer): void {
    for (const target of [at].flat()) this.defer(this.#host.iqs.addSlow(type, name, ns, target as Target, answer));
  }
  nonza(ns: string, take: NonzaTaker): void {
    const { nonzas } = this.#host;
    if (nonzas.has(ns)) throw new Error(`elements of ${ns} have a taker already`);
    nonzas.set(ns, take);
    this.defer(() => nonzas.delete(ns));
  }
  guard<E extends StanzaEvent>(event: E, check: Guard<E>): void {
    this.#listen(event, 'guard', check);
  }
  amend<E extends StanzaEvent>(event: E, rewrite: Amend<E>): void {
    this.#listen(event, 'amend', rewrite);
  }
  handle<E extends StanzaEvent>(event: E, take: Handle<E>): void {
    this.#listen(event, 'handle', take);
  }
  observe<E extends EventName>(event: E, see: Observe<E>): void {
    this.#listen(event, 'observe', see);
  }
  #listen(event: EventName, phase: Phase, listener: (event: never) => Awaitable<unknown>): void {
    this.defer(this.#host.hooks.add(event, phase, listener as Parameters<VirtualHost['hooks']['add']>[2]));
  }

  feature(ns: string, at: FeaturePlace | readonly FeaturePlace[] = 'host'): void {
    for (const place of [at].flat()) this.defer(this.#host.features.addFeature(ns, place as FeaturePlace));
  }
  identity(...args: Parameters<Host['identity']>): void {
    this.defer(this.#host.features.addIdentity(...args));
  }
  streamFeature(offer: StreamOffer): void {
    this.defer(this.#host.features.addOffer(offer));
  }
  inlineBind(ns: string, take: InlineBind): void {
    this.defer(this.#host.inline.addBind(ns, take));
  }
  inlineResume(inline: InlineResume): void {
    this.defer(this.#host.inline.addResume(inline));
  }
  offer<Api>(contract: Contract<Api>, api: Api): void {
    this.defer(this.#host.contracts.offer(contract, api));
  }
  command(command: Command): void {
    this.defer(this.commands.add(command, this.home.domain));
  }
  features(at: FeaturePlace) {
    return this.#host.features.features(at);
  }
  identities(at: FeaturePlace) {
    return this.#host.features.identities(at);
  }

  route(stanza: Stanza) {
    return this.#host.router.route(stanza);
  }
  request(to: Jid, type: 'get' | 'set', payload: Element) {
    return this.#host.replies.request(to, type, payload);
  }
  sessions(user: Jid) {
    return user.domain === this.domain.domain ? this.#host.sessions.of(user) : [];
  }
  session(jid: Jid) {
    const { home, router } = this.#host;
    return jid.domain === home.domain ? router.host(home.domain)?.sessions.get(jid) : undefined;
  }
  resumable(id: string) {
    return this.#host.sessions.resumable(id);
  }
  allSessions() {
    return this.#host.sessions;
  }
  createAccount(username: string, password: string) {
    return this.#host.createAccount(username, password);
  }
  deleteAccount(username: string, told?: () => void) {
    return this.#host.deleteAccount(username, told);
  }
  notify: Host['notify'] = (event, context) => this.#host.hooks.notify(event, context);
  notifyHome: Host['notifyHome'] = (event, context) => {
    return this.#host.router.usersHost(this.#host.home.domain)?.hooks.notify(event, context);
  };

  use<Api>(module: { readonly name: string; setup(host: never): Awaitable<Api> }): Api {
    if (!this.#module.requires?.some(({ name }) => name === module.name)) {
      throw new Error(`module ${this.#module.name} uses ${module.name} without naming it in requires`);
    }
    return this.#apis.get(module.name) as Api;
  }
  defer(undo: () => void): void {
    this.#undo.push(undo);
  }

  /** Undoes all registrations, latest first. */
  takeDown(): void {
    this.#end.abort();
    for (const undo of this.#undo.splice(0).reverse()) undo();
  }
}
