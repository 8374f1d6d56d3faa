/** What a transport needs of a server, with a virtual host in memory behind it */
import { createHash } from 'node:crypto';
import {
  Admission,
  createMechanisms,
  createMemoryStorage,
  createNonceStore,
  createStoredAccounts,
  Jid,
  type Limits,
  LoginAdmission,
  LoginLimiter,
  limitsSchema,
  loadScramDecoys,
  OpenConnections,
  PasswordHasher,
  Router,
  SubProtocols,
  type TlsContexts,
  type TransportHost,
  VirtualHost,
  Wheel,
} from '#core';
import { createHttp } from '../../src/http/index.ts';
import { ManualClock } from './manual-clock.ts';
import { type LogLine, quietLog } from './quiet-log.ts';

export interface TestTransportHost extends TransportHost {
  readonly host: VirtualHost;
  readonly clock: ManualClock;
  readonly connections: OpenConnections;
  readonly lines: readonly LogLine[];
}

export interface TransportHostOptions {
  readonly limits?: Partial<Limits>;
  readonly tls?: TlsContexts;
}

/** The host is example.org, with the accounts juliet and romeo, whose password is `secret`; PLAIN is allowed everywhere. */
export async function createTransportHost({
  limits: given = {},
  tls = noCertificates,
}: TransportHostOptions = {}): Promise<TestTransportHost> {
  const clock = new ManualClock();
  const wheel = new Wheel(clock);
  const lines: LogLine[] = [];
  const log = quietLog(lines);
  const storage = createMemoryStorage();
  const stores = storage.stores('example.org');
  const router = new Router(log);
  const limits = { ...limitsSchema.parse({}), ...given };
  const failedLogins = new LoginLimiter(clock, () => ({ failures: limits.failed_logins, windowMs: 60_000 }));
  const mechanisms = createMechanisms({
    limiter: failedLogins,
    nonces: createNonceStore(clock),
    decoys: await loadScramDecoys(stores, 1),
    plainWithoutTls: true,
    external: false,
  });
  const host = new VirtualHost({
    ...{ stores, clock, wheel, log, router, mechanisms, resourceConflict: 'replace' },
    sessionPolicy: { wins: 'oldest', classes: [] },
    domain: Jid.parse('example.org'),
    accounts: createStoredAccounts({ stores, clock, hasher: new PasswordHasher(1), credentials: 'scram' }),
  });
  router.add(host);
  for (const name of ['juliet', 'romeo']) await host.createAccount(name, 'secret');
  const connections = new OpenConnections();
  const logins = new LoginAdmission(clock, () => ({ perSecond: limits.logins_per_second, queue: limits.login_queue }));
  return {
    ...{ host, router, logins, failedLogins, clock, lines, log, limits, tls, wheel, connections },
    http: createHttp({
      tls,
      log,
      wheel,
      connections,
      domain: 'example.org',
      config: { chat_page: true, scene_page: false, api: 'off', api_body_bytes: 1_024 },
    }),
    secrets: { get: (name) => createHash('sha256').update(name).digest() },
    subProtocols: new SubProtocols(),
    commit: () => storage.commit(),
    admission: new Admission(() => limits.connections_per_address),
  };
}

const noCertificates: TlsContexts = {
  requestsClientCertificates: false,
  context() {
    throw new Error('this test has no certificates');
  },
  peerContext() {
    throw new Error('this test has no certificates');
  },
};
