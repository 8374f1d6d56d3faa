import {
  type Accounts,
  type AuthContext,
  type AuthProvider,
  type AuthProviderHost,
  createMemoryStorage,
  createStoredAccounts,
  PasswordHasher,
  ProvidedAccounts,
} from '#core';
import { ManualClock } from './manual-clock.ts';
import { quietLog } from './quiet-log.ts';

/** Few, since the tests are about everything else. */
export const ITERATIONS = 10;

export const exporter = Buffer.from('what the TLS exporter gave');
export const endPoint = Buffer.from('hash of the certificate');

const bindings = new Map<string, Uint8Array>([
  ['tls-exporter', exporter],
  ['tls-server-end-point', endPoint],
]);

/** A TLS link of a client to the host example.org that can be bound to in two ways. */
export function authContext(changes: Partial<AuthContext> & Pick<AuthContext, 'accounts'>): AuthContext {
  return {
    domain: 'example.org',
    address: '192.0.2.1',
    secure: true,
    channelBindings: ['tls-exporter', 'tls-server-end-point'],
    channelBinding: (type) => bindings.get(type),
    certificateJids: undefined,
    ...changes,
  };
}

/** In memory: juliet, whose password is "romeo"; nurse, the same but disabled; and friar, the same with argon2. */
export async function someAccounts(hasher = new PasswordHasher(ITERATIONS)): Promise<Accounts> {
  const stores = createMemoryStorage().stores('example.org');
  const accounts = createStoredAccounts({ stores, clock: new ManualClock(), hasher, credentials: 'scram' });
  await accounts.create({ username: 'juliet', password: 'romeo' });
  await accounts.create({ username: 'nurse', password: 'romeo' });
  await accounts.setDisabled('nurse', true);
  await accounts.create({ username: 'friar', password: 'romeo', kind: 'argon2' });
  return accounts;
}

/** Of example.org, whose passwords `provider` knows; nobody has logged in yet. */
export function accountsOf(provider: AuthProvider): ProvidedAccounts {
  const stores = createMemoryStorage().stores('example.org');
  const hasher = new PasswordHasher(ITERATIONS);
  const stored = createStoredAccounts({ stores, clock: new ManualClock(), hasher, credentials: 'scram' });
  return new ProvidedAccounts(provider, stored);
}

/** What a provider is made for: example.org, at the first of January 2026. */
export function providerHost(changes: Partial<AuthProviderHost> = {}): AuthProviderHost {
  return { domain: 'example.org', clock: new ManualClock(), log: quietLog(), dir: '/', ...changes };
}
