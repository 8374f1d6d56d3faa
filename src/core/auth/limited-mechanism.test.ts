import { describe, expect, it } from 'vitest';
import { type AuthContext, defineMechanism, LoginLimiter, PasswordHasher, SaslError } from '#core';
import { accountsOf, authContext, ITERATIONS, someAccounts } from '../../../test/support/auth-context.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { createExternal } from './external.ts';
import { limitMechanism } from './limited-mechanism.ts';
import { createOauthBearer } from './oauth-bearer.ts';
import type { Credentials } from './password-hasher.ts';
import { createPlain } from './plain.ts';

class CountingHasher extends PasswordHasher {
  checks = 0;

  override matches(password: string, credentials: Credentials): Promise<boolean> {
    this.checks += 1;
    return super.matches(password, credentials);
  }
}

const hasher = new CountingHasher(ITERATIONS);
const accounts = await someAccounts(hasher);

function limited(failures: number) {
  const limiter = new LoginLimiter(new ManualClock(), () => ({ failures, windowMs: 60_000 }));
  const plain = limitMechanism(createPlain({ strength: 1, isAllowedWithoutTls: false }), limiter);
  return {
    limiter,
    /** Gives 'in', or the condition of the refusal. */
    async logIn(password: string, context: Partial<AuthContext> = {}) {
      try {
        await plain.start(authContext({ accounts, ...context })).step(Buffer.from(`\0juliet\0${password}`));
        return 'in';
      } catch (error) {
        return error instanceof SaslError ? error.condition : error;
      }
    },
  };
}

describe('a mechanism under the limit', () => {
  it('keeps its name, its strength and its conditions', () => {
    const { limiter } = limited(1);
    const plain = limitMechanism(createPlain({ strength: 1, isAllowedWithoutTls: false }), limiter);
    expect(plain).toMatchObject({ name: 'PLAIN', strength: 1 });
    expect(plain.isOffered(authContext({ accounts }))).toBe(true);
    expect(plain.isOffered(authContext({ accounts, secure: false }))).toBe(false);
  });

  it('answers exactly the limit of wrong passwords, then nothing, and no longer hashes', async () => {
    const { logIn } = limited(2);
    expect(await logIn('wrong')).toBe('not-authorized');
    expect(await logIn('wrong')).toBe('not-authorized');
    const before = hasher.checks;
    expect(await logIn('wrong')).toBe('temporary-auth-failure');
    expect(await logIn('romeo')).toBe('temporary-auth-failure');
    expect(hasher.checks).toBe(before);
  });

  it('stops guesses at one account from a whole network before it hashes', async () => {
    const { logIn } = limited(2);
    await logIn('wrong', { address: '192.0.2.1' });
    await logIn('wrong', { address: '192.0.2.2' });
    const before = hasher.checks;
    expect(await logIn('romeo', { address: '192.0.2.3' })).toBe('temporary-auth-failure');
    expect(hasher.checks).toBe(before);
    expect(await logIn('romeo', { address: '198.51.100.1' })).toBe('in');
  });

  it('lets no more guesses be answered when they are made all at once', async () => {
    const { logIn } = limited(2);
    const outcomes = await Promise.all(['a', 'b', 'c', 'd', 'romeo'].map((guess) => logIn(guess)));
    expect(outcomes.filter((outcome) => outcome === 'not-authorized')).toHaveLength(2);
    expect(outcomes.filter((outcome) => outcome === 'temporary-auth-failure')).toHaveLength(3);
  });

  it('lets any number of right passwords in at once', async () => {
    const { logIn } = limited(2);
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => logIn('romeo')));
    expect(new Set(outcomes)).toEqual(new Set(['in']));
  });

  it('does not count what was no guess', async () => {
    const { limiter, logIn } = limited(1);
    const plain = limitMechanism(createPlain({ strength: 1, isAllowedWithoutTls: false }), limiter);
    const malformed = plain.start(authContext({ accounts })).step(Buffer.from('juliet'));
    await expect(malformed).rejects.toMatchObject({ condition: 'malformed-request' });
    expect(await logIn('romeo')).toBe('in');
  });

  it('counts a token that is refused once, whether the client acknowledges that or not', async () => {
    const limiter = new LoginLimiter(new ManualClock(), () => ({ failures: 3, windowMs: 60_000 }));
    const bearer = limitMechanism(createOauthBearer({ strength: 0, isAllowedWithoutTls: false }), limiter);
    const tokens = accountsOf({ verifyPassword: async () => false, verifyToken: async () => undefined });
    const attempt = async () => {
      const exchange = bearer.start(authContext({ accounts: tokens }));
      await exchange.step(Buffer.from('n,,\x01auth=Bearer wrong\x01\x01'));
      return exchange;
    };
    const first = await attempt();
    await expect(first.step(Buffer.from('\x01'))).rejects.toMatchObject({ condition: 'not-authorized' });
    for (const _ of [2, 3]) await attempt();
    await expect(attempt()).rejects.toMatchObject({ condition: 'temporary-auth-failure' });
  });

  it('is counted whatever it asks the accounts, at once or later', async () => {
    const { limiter, logIn } = limited(1);
    const context = authContext({ accounts, address: '192.0.2.2', certificateJids: ['juliet@example.org'] });
    const refusing = defineMechanism({
      name: 'X-NO',
      strength: 0,
      isOffered: () => true,
      start: (inner) => ({
        step() {
          inner.accounts.scramKeys?.('juliet', 'SHA-256');
          throw new SaslError('not-authorized');
        },
      }),
    });
    expect(() => limitMechanism(refusing, limiter).start(context).step(undefined)).toThrow('not-authorized');
    const external = limitMechanism(createExternal(0), limiter).start({ ...context, address: '192.0.2.3' });
    await expect(external.step(new Uint8Array())).rejects.toMatchObject({ condition: 'temporary-auth-failure' });
    expect(await logIn('romeo', { address: '192.0.2.4' })).toBe('temporary-auth-failure');
  });
});
