import { describe, expect, it } from 'vitest';
import {
  AnonymousAccounts,
  type AuthContext,
  createMechanisms,
  createNonceStore,
  defineMechanism,
  LoginLimiter,
  type MechanismOptions,
  ScramDecoys,
} from '#core';
import { accountsOf, authContext, ITERATIONS, someAccounts } from '../../../test/support/auth-context.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';

const accounts = await someAccounts();
const clock = new ManualClock();
const everything: MechanismOptions = {
  limiter: new LoginLimiter(clock, () => ({ failures: 3, windowMs: 60_000 })),
  nonces: createNonceStore(clock),
  decoys: new ScramDecoys(Buffer.alloc(32), ITERATIONS),
  plainWithoutTls: false,
  external: true,
  anonymous: new AnonymousAccounts(accounts, clock),
};

function offered(context: AuthContext, options: Partial<MechanismOptions> = {}): string[] {
  return createMechanisms({ ...everything, ...options })
    .filter((mechanism) => mechanism.isOffered(context))
    .map((mechanism) => mechanism.name);
}

const token = defineMechanism({
  name: 'X-TOKEN',
  strength: 90,
  isOffered: () => true,
  start: () => ({ step: () => ({ username: 'juliet' }) }),
});

describe('what is offered', () => {
  it('is in the order of strength', () => {
    expect(offered(authContext({ accounts, certificateJids: ['juliet@example.org'] }), { plugins: [token] })).toEqual([
      'EXTERNAL',
      'X-TOKEN',
      'SCRAM-SHA-512-PLUS',
      'SCRAM-SHA-256-PLUS',
      'SCRAM-SHA-1-PLUS',
      'SCRAM-SHA-512',
      'SCRAM-SHA-256',
      'SCRAM-SHA-1',
      'PLAIN',
      'ANONYMOUS',
    ]);
  });

  it('has no channel binding where the link has none', () => {
    const names = ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'SCRAM-SHA-1', 'PLAIN'];
    expect(offered(authContext({ accounts, channelBindings: [] }), { anonymous: undefined })).toEqual(names);
  });

  it('has no SCRAM where the accounts have no keys for it', () => {
    const others = accountsOf({ exists: () => true, verifyPassword: async () => true });
    expect(offered(authContext({ accounts: others }), { anonymous: undefined })).toEqual(['PLAIN']);
  });

  it('has OAUTHBEARER where the accounts take tokens', () => {
    const others = accountsOf({ verifyPassword: async () => true, verifyToken: async () => 'juliet' });
    expect(offered(authContext({ accounts: others }), { anonymous: undefined })).toEqual(['OAUTHBEARER', 'PLAIN']);
    const plain = authContext({ accounts: others, secure: false, channelBindings: [] });
    expect(offered(plain, { anonymous: undefined })).toEqual([]);
  });

  it('has PLAIN without TLS only when that is configured', () => {
    const context = authContext({ accounts, secure: false, channelBindings: [] });
    expect(offered(context)).not.toContain('PLAIN');
    expect(offered(context, { plainWithoutTls: true })).toContain('PLAIN');
  });

  it('has EXTERNAL only when it is configured and the certificate names an account of this host', () => {
    const named = authContext({ accounts, certificateJids: ['juliet@example.org'] });
    expect(offered(named)).toContain('EXTERNAL');
    expect(offered(named, { external: false })).not.toContain('EXTERNAL');
    expect(offered(authContext({ accounts, certificateJids: ['juliet@example.net'] }))).not.toContain('EXTERNAL');
    expect(offered(authContext({ accounts, certificateJids: ['example.org'] }))).not.toContain('EXTERNAL');
    expect(offered(authContext({ accounts }))).not.toContain('EXTERNAL');
  });

  it('is only what is enabled, if that is said', () => {
    expect(offered(authContext({ accounts }), { enabled: ['PLAIN', 'SCRAM-SHA-256'] })).toEqual([
      'SCRAM-SHA-256',
      'PLAIN',
    ]);
  });
});

it('a name that is enabled and means nothing stops the start', () => {
  expect(() => createMechanisms({ ...everything, enabled: ['SCRAM-SHA-3'] })).toThrow('SCRAM-SHA-3');
  expect(() => createMechanisms({ ...everything, anonymous: undefined, enabled: ['ANONYMOUS'] })).toThrow('ANONYMOUS');
});

it('a mechanism of a plugin replaces the one with its name', async () => {
  const context = authContext({ accounts });
  const [first] = createMechanisms({ ...everything, enabled: ['PLAIN'], plugins: [{ ...token, name: 'PLAIN' }] });
  expect(await first?.start(context).step(undefined)).toEqual({ username: 'juliet' });
});
