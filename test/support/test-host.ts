import {
  type AnyModule,
  ClientSession,
  CommandRegistry,
  type Connection,
  createMemoryStorage,
  createStoredAccounts,
  type Element,
  type Iq,
  iq,
  Jid,
  PasswordHasher,
  parseStored,
  Router,
  type RpcBackend,
  Stanza,
  type Stores,
  type StreamError,
  setUpModules,
  VirtualHost,
  Wheel,
} from '#core';
import { ManualClock } from './manual-clock.ts';
import { type LogLine, quietLog } from './quiet-log.ts';

/** A virtual host with modules, memory storage and a clock that stands still: everything but the sockets. */
export class TestHost {
  readonly clock = new ManualClock();
  readonly wheel = new Wheel(this.clock);
  readonly log: LogLine[] = [];
  readonly router = new Router(quietLog(this.log));
  readonly host: VirtualHost;
  /** Those that modules offer. */
  readonly commands = new CommandRegistry();
  takeDown: () => void = () => {};

  /** Accounts are made by name, with password `secret`; `modules` are set up with the configuration given, else their defaults. */
  static async start(
    modules: readonly (AnyModule | [AnyModule, object])[],
    accounts: readonly string[],
    domain = 'example.com',
    stores?: Stores,
    serviceStores = (name: string): Stores => createMemoryStorage().stores(name),
    rpcBackends: ReadonlyMap<string, RpcBackend> = new Map(),
  ): Promise<TestHost> {
    const test = new TestHost(domain, stores);
    const addService = (name: string, home: VirtualHost) =>
      home.addService(name, serviceStores(name), quietLog(test.log));
    const uses = modules.map((use) => (Array.isArray(use) ? use : ([use, {}] as const)));
    test.takeDown = await setUpModules(
      test.host,
      uses.map(([module, config]) => ({ module, config: module.config?.parse(config) ?? {} })),
      { commands: test.commands, rpcBackends, addService },
    );
    for (const name of accounts) await test.host.createAccount(name, 'secret');
    return test;
  }

  constructor(domain: string, stores = createMemoryStorage().stores(domain)) {
    const { clock } = this;
    this.host = new VirtualHost({
      domain: Jid.parse(domain),
      router: this.router,
      accounts: createStoredAccounts({ stores, clock, hasher: new PasswordHasher(1), credentials: 'scram' }),
      mechanisms: [],
      resourceConflict: 'replace',
      sessionPolicy: { wins: 'oldest', classes: [] },
      stores,
      clock,
      wheel: this.wheel,
      log: quietLog(this.log),
    });
    this.router.add(this.host);
  }

  /** A bound session of `name@domain/resource`; nothing has been sent yet. */
  connect(name: string, resource: string): TestClient {
    const connection = new TestConnection();
    const session = new ClientSession(this.host, this.host.userJid(name).withResource(resource), connection);
    this.host.sessionBound(session);
    return new TestClient(session, connection);
  }

  /** A bound session that has asked for the roster and sent initial presence; what it got by that is dropped. */
  async logIn(name: string, resource: string): Promise<TestClient> {
    const client = this.connect(name, resource);
    client.send("<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>");
    client.send('<presence/>');
    await settled();
    client.take();
    return client;
  }

  /** What a stream of `name` that asks to go on with an earlier session is answered, and the client it has then. */
  async resume(name: string, request: string): Promise<{ answer: string; client?: TestClient }> {
    const element = parseStored(request);
    const connection = new TestConnection();
    const inline = this.host.inline.resumes.get(element.ns);
    const resumption = await inline?.resume(this.host.userJid(name), element, connection);
    if (resumption === undefined) throw new Error('nobody resumes sessions here');
    const answer = resumption.answer.toString();
    if (resumption.session === undefined) return { answer };
    resumption.replay();
    return { answer, client: new TestClient(resumption.session, connection) };
  }

  /** What a stream that has not logged in would be answered: the payload of the result. @throws StanzaError */
  async askBeforeLogin(type: 'get' | 'set', payload: Element, address = '192.0.2.1'): Promise<Element | undefined> {
    const request = iq({ type, id: 'before' }, payload);
    const answer = this.host.iqs.find(request, 'stream');
    if (answer === undefined) throw new Error('nobody answers this before login');
    return (await answer(request, { target: 'stream', user: undefined, address })) ?? undefined;
  }
}

/** What a client sends and has received. */
export class TestClient {
  readonly session: ClientSession;
  /** The link it came by, to the session or to another by now. */
  readonly connection: TestConnection;
  #requests = 0;

  constructor(session: ClientSession, connection: TestConnection) {
    this.session = session;
    this.connection = connection;
  }

  /** The stream error the session was ended with; undefined for none, or while it lasts. */
  get closedWith(): StreamError | undefined {
    return this.connection.error;
  }

  /** Stanzas in jabber:client, without saying so, and elements of other namespaces. */
  send(...stanzas: string[]): void {
    for (const stanza of stanzas) {
      const isStanza = /^<(?:message|presence|iq)\b/.test(stanza);
      this.session.receive(parseStored(isStanza ? stanza.replace(/^<\w+/, "$& xmlns='jabber:client'") : stanza));
    }
  }

  /** The link is lost. */
  drop(): void {
    this.session.disconnected(this.connection);
  }

  /** Sends, waits until all is done, and takes what came. */
  async ask(...stanzas: string[]): Promise<string[]> {
    this.send(...stanzas);
    await settled();
    return this.take();
  }

  /** Sends a request and resolves with its result or error, however long that takes. */
  request(type: 'get' | 'set', payload: Element, to?: string): Promise<Iq> {
    const id = `request-${++this.#requests}`;
    const answered = this.connection.answer(id);
    this.session.receive(iq({ type, id, to: to === undefined ? undefined : Jid.parse(to) }, payload));
    return answered;
  }

  /** What was received since the last call, as XML, in order. */
  take(): string[] {
    return this.connection.written.splice(0).map((element) => element.toString('jabber:client'));
  }

  /** The stanzas among it. */
  takeStanzas(): Stanza[] {
    return this.connection.written.splice(0).filter((element) => element instanceof Stanza);
  }
}

/** All work begun is done: with memory storage it needs promises and ends of turns only. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

export class TestConnection implements Connection {
  readonly peer = { address: '192.0.2.1', transport: 'test' };
  readonly secure = true;
  readonly written: Element[] = [];
  error: StreamError | undefined;
  readonly #awaited = new Map<string, (answer: Iq) => void>();

  /** The iq with this id, when it is written. */
  answer(id: string): Promise<Iq> {
    return new Promise((resolve) => {
      this.#awaited.set(id, resolve);
    });
  }

  write(stanza: Stanza): void {
    this.written.push(stanza);
    if (stanza.kind === 'iq') this.#awaited.get(stanza.id ?? '')?.(stanza as Iq);
  }
  send(nonza: Element): void {
    this.written.push(nonza);
  }
  async drained(): Promise<boolean> {
    return this.error === undefined;
  }
  pause(): void {}
  resume(): void {}
  close(error?: StreamError): void {
    this.error = error;
  }
}
