import { expect, it } from 'vitest';
import { type AuthProvider, SaslError } from '#core';
import { accountsOf } from '../../../test/support/auth-context.ts';

class Directory implements AuthProvider {
  readonly #passwords = new Map([['juliet', 'romeo']]);

  exists(username: string): boolean {
    return this.#passwords.has(username);
  }

  async verifyPassword(username: string, password: string): Promise<boolean> {
    return this.#passwords.get(username) === password;
  }

  async verifyToken(token: string): Promise<string | undefined> {
    return this.exists(token) ? token : undefined;
  }

  scramKeys(username: string) {
    return this.exists(username) ? { salt: '', iterations: 1, storedKey: '', serverKey: '' } : undefined;
  }
}

/** It can check tokens, and knows no list of users. */
const tokens: AuthProvider = { verifyPassword: async () => true };

const broken: AuthProvider = {
  exists: () => Promise.reject(new SaslError('temporary-auth-failure', 'passwords cannot be checked now')),
  verifyPassword: () => Promise.reject(new SaslError('temporary-auth-failure')),
};

it('who never logged in exists when the provider says so, and is in no list', async () => {
  const accounts = accountsOf(new Directory());
  expect(await accounts.exists('juliet')).toBe(true);
  expect(await accounts.verifyPassword('juliet', 'romeo')).toBe(true);
  expect(await accounts.get('juliet')).toEqual({ username: 'juliet', disabled: false, created: 0 });
  expect(await accounts.exists('tybalt')).toBe(false);
  expect(await accounts.get('tybalt')).toBeUndefined();
  expect(await accounts.list()).toEqual([]);
});

it('where the provider cannot say, those exist who have logged in', async () => {
  const accounts = accountsOf(tokens);
  expect(await accounts.exists('juliet')).toBe(false);
  expect(await accounts.get('juliet')).toBeUndefined();
  expect(await accounts.enter('juliet')).toBe(true);
  expect(await accounts.exists('juliet')).toBe(true);
  expect(await accounts.list()).toMatchObject([{ username: 'juliet', disabled: false, created: Date.UTC(2026, 0, 1) }]);
});

it('the first login makes the account, and only the first', async () => {
  const accounts = accountsOf(tokens);
  const entered = await Promise.all([accounts.enter('juliet'), accounts.enter('juliet')]);
  expect(entered.filter((isNew) => isNew)).toHaveLength(1);
  expect(await accounts.enter('juliet')).toBe(false);
});

it('an account can be disabled here, whatever the provider says', async () => {
  const accounts = accountsOf(new Directory());
  await accounts.enter('juliet');
  await accounts.setDisabled('juliet', true);
  expect(await accounts.verifyPassword('juliet', 'romeo')).toBe(false);
  expect(await accounts.verifyToken?.('juliet')).toBeUndefined();
  expect(await accounts.scramKeys?.('juliet', 'SHA-1')).toBeUndefined();
  await accounts.setDisabled('juliet', false);
  expect(await accounts.verifyPassword('juliet', 'romeo')).toBe(true);
  expect(await accounts.verifyToken?.('juliet')).toBe('juliet');
  expect(await accounts.scramKeys?.('juliet', 'SHA-1')).toBeDefined();
});

it('an account that is deleted is forgotten until it logs in again', async () => {
  const accounts = accountsOf(tokens);
  await accounts.enter('juliet');
  await accounts.delete('juliet');
  expect(await accounts.exists('juliet')).toBe(false);
  await expect(accounts.delete('juliet')).rejects.toMatchObject({ condition: 'item-not-found' });
  expect(await accounts.enter('juliet')).toBe(true);
});

it('accounts cannot be made or given passwords here', async () => {
  const accounts = accountsOf(new Directory());
  const attempts = [accounts.create(), accounts.setPassword()];
  for (const outcome of await Promise.allSettled(attempts)) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: { condition: 'not-allowed' } });
  }
});

it('while the provider cannot be asked, senders may try again later and those who logged in once exist', async () => {
  const accounts = accountsOf(broken);
  await expect(accounts.exists('juliet')).rejects.toMatchObject({ condition: 'recipient-unavailable' });
  await expect(accounts.get('juliet')).rejects.toMatchObject({ condition: 'temporary-auth-failure' });
  await accounts.enter('juliet');
  expect(await accounts.exists('juliet')).toBe(true);
});

it('what the provider does not offer, its accounts do not', () => {
  expect(accountsOf(tokens).scramKeys).toBeUndefined();
  expect(accountsOf(tokens).verifyToken).toBeUndefined();
});
