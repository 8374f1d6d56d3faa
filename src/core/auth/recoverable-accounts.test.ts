import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { createMemoryStorage } from '../storage/index.ts';
import { PasswordHasher } from './password-hasher.ts';
import { RecoverableAccounts } from './recoverable-accounts.ts';
import { createStoredAccounts } from './stored-accounts.ts';

const SECRET = Buffer.alloc(32, 7);
const stores = () => createMemoryStorage().stores('example.com');

function accounts(store: ReturnType<typeof stores>, mode: 'off' | 'encrypted' | 'any', secret = SECRET) {
  const stored = createStoredAccounts({
    stores: store,
    clock: new ManualClock(),
    hasher: new PasswordHasher(1),
    credentials: 'scram',
  });
  return new RecoverableAccounts(stored, { stores: store, secret, mode });
}

describe('passwords that can be read again', () => {
  it('are those of accounts that are made or get a new one while they are kept', async () => {
    const store = stores();
    await accounts(store, 'off').create({ username: 'old', password: 'before' });
    const kept = accounts(store, 'encrypted');
    await kept.create({ username: 'juliet', password: 'rose' });
    expect(await kept.recoverable?.password('juliet')).toBe('rose');
    expect(await kept.recoverable?.password('old')).toBeUndefined();
    await kept.setPassword('old', 'after');
    expect(await kept.recoverable?.password('old')).toBe('after');
  });

  it('are not there, nor kept, when they are switched off', async () => {
    const store = stores();
    await accounts(store, 'any').create({ username: 'juliet', password: 'rose' });
    const off = accounts(store, 'off');
    expect(off.recoverable).toBeUndefined();
    await off.setPassword('juliet', 'other');
    expect(await accounts(store, 'any').recoverable?.password('juliet')).toBeUndefined();
  });

  it('go with the account', async () => {
    const store = stores();
    const kept = accounts(store, 'any');
    await kept.create({ username: 'juliet', password: 'rose' });
    await kept.delete('juliet');
    expect(await kept.recoverable?.password('juliet')).toBeUndefined();
  });

  it('are not in the storage in the clear, and of no use with another key or for another account', async () => {
    const store = stores();
    await accounts(store, 'any').create({ username: 'juliet', password: 'rose' });
    const map = store.map<string>('recoverable-passwords');
    const kept = (await map.get('juliet', 'password')) ?? '';
    expect(Buffer.from(kept, 'base64').toString('latin1')).not.toContain('rose');
    expect(await accounts(store, 'any', Buffer.alloc(32, 8)).recoverable?.password('juliet')).toBeUndefined();
    await map.update('romeo', 'password', () => kept);
    expect(await accounts(store, 'any').recoverable?.password('romeo')).toBeUndefined();
  });

  it('say whether they may be asked for in the clear', () => {
    expect(accounts(stores(), 'any').recoverable?.isAllowedInClear).toBe(true);
    expect(accounts(stores(), 'encrypted').recoverable?.isAllowedInClear).toBe(false);
  });
});
