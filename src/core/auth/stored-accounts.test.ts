import { describe, expect, it } from 'vitest';
import { createMemoryStorage, createStoredAccounts, loadScramDecoys, PasswordHasher } from '#core';
import { ITERATIONS, someAccounts } from '../../../test/support/auth-context.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';

function emptyHost() {
  const stores = createMemoryStorage().stores('example.org');
  const clock = new ManualClock();
  const hasher = new PasswordHasher(ITERATIONS);
  return { stores, clock, accounts: createStoredAccounts({ stores, clock, hasher, credentials: 'scram' }) };
}

describe('accounts in storage', () => {
  it('are made once', async () => {
    const { accounts, clock } = emptyHost();
    expect(accounts.exists('juliet')).toBe(false);
    await accounts.create({ username: 'juliet', password: 'romeo' });
    expect(accounts.exists('juliet')).toBe(true);
    expect(accounts.get('juliet')).toEqual({ username: 'juliet', disabled: false, created: clock.now() });
    const again = accounts.create({ username: 'juliet', password: 'tybalt' });
    await expect(again).rejects.toMatchObject({ condition: 'conflict' });
    expect(await accounts.verifyPassword('juliet', 'romeo')).toBe(true);
  });

  it('are made by one of two who try at the same time', async () => {
    const { accounts } = emptyHost();
    const both = ['romeo', 'paris'].map((password) => accounts.create({ username: 'juliet', password }));
    const outcomes = await Promise.allSettled(both);
    expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('have a password of their own preparation', async () => {
    const { accounts } = emptyHost();
    await accounts.create({ username: 'juliet', password: 'cafe\u0301' });
    expect(await accounts.verifyPassword('juliet', 'caf\u00e9')).toBe(true);
    await expect(accounts.create({ username: 'romeo', password: '' })).rejects.toMatchObject({
      condition: 'not-acceptable',
    });
    await expect(accounts.setPassword('juliet', 'a\u0007')).rejects.toMatchObject({ condition: 'not-acceptable' });
  });

  it('never keep the password', async () => {
    const { accounts, stores } = emptyHost();
    await accounts.create({ username: 'juliet', password: 'wherefore' });
    await accounts.create({ username: 'friar', password: 'wherefore', kind: 'argon2' });
    const kept = await Promise.all(['juliet', 'friar'].map((owner) => stores.map('accounts').entries(owner)));
    expect(JSON.stringify(kept.map((entries) => [...entries]))).not.toContain('wherefore');
  });

  it('change their password, and with it all keys', async () => {
    const accounts = await someAccounts();
    const before = await accounts.scramKeys?.('juliet', 'SHA-1');
    await accounts.setPassword('juliet', 'paris');
    expect(await accounts.verifyPassword('juliet', 'romeo')).toBe(false);
    expect(await accounts.verifyPassword('juliet', 'paris')).toBe(true);
    expect((await accounts.scramKeys?.('juliet', 'SHA-1'))?.salt).not.toBe(before?.salt);
    await expect(accounts.setPassword('tybalt', 'x')).rejects.toMatchObject({ condition: 'item-not-found' });
  });

  it('with argon2 stay with it, and have no SCRAM keys', async () => {
    const accounts = await someAccounts();
    await accounts.setPassword('friar', 'herbs');
    expect(await accounts.verifyPassword('friar', 'herbs')).toBe(true);
    expect(await accounts.verifyPassword('friar', 'romeo')).toBe(false);
    expect(await accounts.scramKeys?.('friar', 'SHA-256')).toBeUndefined();
  });

  it('that are disabled open with nothing until they are enabled again', async () => {
    const accounts = await someAccounts();
    expect(await accounts.exists('nurse')).toBe(true);
    expect(await accounts.verifyPassword('nurse', 'romeo')).toBe(false);
    expect(await accounts.scramKeys?.('nurse', 'SHA-256')).toBeUndefined();
    await accounts.setDisabled('nurse', false);
    expect(await accounts.verifyPassword('nurse', 'romeo')).toBe(true);
    await expect(accounts.setDisabled('tybalt', true)).rejects.toMatchObject({ condition: 'item-not-found' });
  });

  it('are gone when they are deleted', async () => {
    const accounts = await someAccounts();
    await accounts.delete('juliet');
    expect(await accounts.exists('juliet')).toBe(false);
    expect(await accounts.verifyPassword('juliet', 'romeo')).toBe(false);
    await expect(accounts.delete('juliet')).rejects.toMatchObject({ condition: 'item-not-found' });
  });

  it('are listed in order, in pages', async () => {
    const accounts = await someAccounts();
    const names = async (after?: string, limit?: number) =>
      (await accounts.list(after, limit)).map((account) => account.username);
    expect(await names()).toEqual(['friar', 'juliet', 'nurse']);
    expect(await names('friar', 1)).toEqual(['juliet']);
    expect(await names('nurse')).toEqual([]);
  });
});

it('the decoys of a host stay the same over a restart, and are those of no other host', async () => {
  const storage = createMemoryStorage();
  const salt = async (host: string) =>
    (await loadScramDecoys(storage.stores(host), ITERATIONS)).keysFor('tybalt', 'SHA-256').salt;
  expect(await salt('example.org')).toBe(await salt('example.org'));
  expect(await salt('example.org')).not.toBe(await salt('example.net'));
});
