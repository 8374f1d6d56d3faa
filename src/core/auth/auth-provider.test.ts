import { expect, it } from 'vitest';
import { type AuthProvider, readOnlyAccounts } from '#core';

class Directory implements AuthProvider {
  readonly #passwords = new Map([['juliet', 'romeo']]);

  exists(username: string): boolean {
    return this.#passwords.has(username);
  }

  async verifyPassword(username: string, password: string): Promise<boolean> {
    return this.#passwords.get(username) === password;
  }
}

it('accounts kept elsewhere can be asked for', async () => {
  const accounts = readOnlyAccounts(new Directory());
  expect(accounts.exists('juliet')).toBe(true);
  expect(await accounts.verifyPassword('juliet', 'romeo')).toBe(true);
  expect(accounts.get('juliet')).toEqual({ username: 'juliet', disabled: false, created: 0 });
  expect(accounts.get('tybalt')).toBeUndefined();
  expect(accounts.scramKeys).toBeUndefined();
});

it('accounts kept elsewhere cannot be changed here', async () => {
  const accounts = readOnlyAccounts(new Directory());
  const attempts = [
    accounts.create({ username: 'tybalt', password: 'x' }),
    accounts.setPassword('juliet', 'x'),
    accounts.setDisabled('juliet', true),
    accounts.delete('juliet'),
    accounts.list(),
  ];
  for (const outcome of await Promise.allSettled(attempts)) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: { condition: 'not-allowed' } });
  }
});
