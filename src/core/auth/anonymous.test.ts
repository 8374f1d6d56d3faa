import { describe, expect, it } from 'vitest';
import { authContext, someAccounts } from '../../../test/support/auth-context.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { AnonymousAccounts, createAnonymous } from './anonymous.ts';

const stored = await someAccounts();

async function logIn(accounts: AnonymousAccounts, trace?: string): Promise<string> {
  const exchange = createAnonymous(accounts, 0).start(authContext({ accounts }));
  const step = await exchange.step(trace === undefined ? undefined : Buffer.from(trace));
  if ('challenge' in step) throw new Error('asked for more');
  expect(step.temporary).toBe(true);
  return step.username;
}

describe('ANONYMOUS', () => {
  it('gives everybody another account, with or without a trace', async () => {
    const accounts = new AnonymousAccounts(stored, new ManualClock());
    expect(await logIn(accounts)).not.toBe(await logIn(accounts, 'sirhc'));
  });

  it('has accounts that exist until they are deleted, and that no password opens', async () => {
    const accounts = new AnonymousAccounts(stored, new ManualClock());
    const username = await logIn(accounts);
    expect(await accounts.exists(username)).toBe(true);
    expect(await accounts.get(username)).toMatchObject({ username, disabled: false });
    expect(await accounts.verifyPassword(username, username)).toBe(false);
    await accounts.delete(username);
    expect(await accounts.exists(username)).toBe(false);
    expect(await accounts.get(username)).toBeUndefined();
  });

  it('leaves the accounts of the host as they are', async () => {
    const accounts = new AnonymousAccounts(stored, new ManualClock());
    const username = await logIn(accounts);
    expect((await accounts.list()).map((account) => account.username)).not.toContain(username);
    expect(await accounts.exists('juliet')).toBe(true);
    expect(await accounts.verifyPassword('juliet', 'romeo')).toBe(true);
    await expect(accounts.delete('tybalt')).rejects.toMatchObject({ condition: 'item-not-found' });
  });

  it('refuses a trace that is too long', async () => {
    const accounts = new AnonymousAccounts(stored, new ManualClock());
    await logIn(accounts, '😀'.repeat(255));
    await expect(logIn(accounts, 'x'.repeat(256))).rejects.toMatchObject({ condition: 'malformed-request' });
  });
});
