/** A virtual host in memory with the modules of a test, and clients on connections that remember what was written */
import {
  type AnyModule,
  ClientSession,
  type Clock,
  CommandRegistry,
  type Connection,
  createMemoryStorage,
  createStoredAccounts,
  type Element,
  type Iq,
  iq,
  Jid,
  PasswordHasher,
  type Peer,
  parseStored,
  Router,
  type Stanza,
  type StreamError,
  setUpModules,
  VirtualHost,
} from '#core';
import { ManualClock } from './manual-clock.ts';
import { quietLog } from './quiet-log.ts';

export interface HostOptions {
  /** With what they require; the configuration of each by its name. */
  readonly modules: readonly AnyModule[];
  readonly config?: Readonly<Record<string, unknown>>;
  readonly clock?: Clock;
  readonly domain?: string;
  /** Accounts that are there already; the password of each is `secret`. */
  readonly users?: readonly string[];
}

export const PASSWORD = 'secret';

export async function createHost(options: HostOptions): Promise<TestHost> {
  const clock = options.clock ?? new ManualClock();
  const log = quietLog();
  const router = new Router(log);
  const domain = Jid.parse(options.domain ?? 'example.org');
  const stores = createMemoryStorage().stores(domain.toString());
  const hasher = new PasswordHasher(1);
  const accounts = createStoredAccounts({ stores, clock, hasher, credentials: 'scram' });
  const host = new VirtualHost({
    domain,
    router,
    accounts,
    mechanisms: [],
    resourceConflict: 'replace',
    stores,
    clock,
    log,
  });
  router.add(host);
  for (const username of options.users ?? []) await accounts.create({ username, password: PASSWORD });
  const commands = new CommandRegistry();
  const uses = options.modules.map((module) => ({
    module,
    config: module.config?.parse(options.config?.[module.name] ?? {}) ?? {},
  }));
  await setUpModules(host, uses, (command) => commands.add(command));
  return new TestHost(host);
}

export class TestHost {
  readonly host: VirtualHost;

  constructor(host: VirtualHost) {
    this.host = host;
  }

  /** A bound session; the account need not exist. */
  connect(jid: string): TestClient {
    const connection = new RecordedConnection();
    const session = new ClientSession(this.host, Jid.parse(jid), connection);
    this.host.sessionBound(session);
    return new TestClient(session, connection);
  }

  /** What a stream that has not logged in would be answered: the payload of the result. @throws StanzaError */
  readonly askBeforeLogin = async (
    type: 'get' | 'set',
    payload: Element,
    address = '192.0.2.1',
  ): Promise<Element | undefined> => {
    const request = iq({ type, id: 'before' }, payload);
    const answer = this.host.iqs.find(request, 'stream');
    if (answer === undefined) throw new Error('nobody answers this before login');
    return (await answer(request, { target: 'stream', user: undefined, address })) ?? undefined;
  };
}

export class TestClient {
  readonly session: ClientSession;
  readonly connection: RecordedConnection;
  #last = 0;

  constructor(session: ClientSession, connection: RecordedConnection) {
    this.session = session;
    this.connection = connection;
  }

  /** Everything written to the client so far. */
  get received(): readonly Stanza[] {
    return this.connection.written;
  }

  /** Sends as the client would: the stanza is stamped, guarded and routed. */
  send(stanza: Element | string): void {
    this.session.receive(typeof stanza === 'string' ? parseStored(stanza) : stanza);
  }

  /** Sends a request and resolves with the result or error the client gets for it. */
  ask(type: 'get' | 'set', payload: Element, to?: string): Promise<Iq> {
    const id = `ask-${++this.#last}`;
    const answered = this.connection.next((stanza) => stanza.kind === 'iq' && stanza.id === id);
    this.send(iq({ type, id, to: to === undefined ? undefined : Jid.parse(to) }, payload));
    return answered as Promise<Iq>;
  }
}

/** The far end is the test. */
export class RecordedConnection implements Connection {
  readonly peer: Peer = { address: '192.0.2.1', transport: 'test' };
  readonly secure = true;
  readonly written: Stanza[] = [];
  /** How it was closed; undefined while it is open. */
  closed: { readonly error: StreamError | undefined } | undefined;
  #waiting: { readonly isIt: (stanza: Stanza) => boolean; readonly resolve: (stanza: Stanza) => void }[] = [];

  write(stanza: Stanza): void {
    this.written.push(stanza);
    const [due, rest] = [
      this.#waiting.filter(({ isIt }) => isIt(stanza)),
      this.#waiting.filter(({ isIt }) => !isIt(stanza)),
    ];
    this.#waiting = rest;
    for (const { resolve } of due) resolve(stanza);
  }

  /** The next stanza written from now on that is the one. */
  next(isIt: (stanza: Stanza) => boolean): Promise<Stanza> {
    return new Promise((resolve) => {
      this.#waiting.push({ isIt, resolve });
    });
  }

  pause(): void {}
  resume(): void {}

  close(error?: StreamError): void {
    this.closed ??= { error };
  }
}
