import { describe, expect, it } from 'vitest';
import { PasswordHasher } from '#core';

const hasher = new PasswordHasher(2);

describe('the hasher', () => {
  it.each(['scram', 'argon2'] as const)('finds the password of %s credentials, and no other', async (kind) => {
    const credentials = await hasher.create(kind, 'pencil');
    expect(await hasher.matches('pencil', credentials)).toBe(true);
    expect(await hasher.matches('Pencil', credentials)).toBe(false);
  });

  it('makes SCRAM keys for each hash, with salts that are never the same', async () => {
    const [one, other] = [await hasher.create('scram', 'pencil'), await hasher.create('scram', 'pencil')];
    if (one.kind !== 'scram' || other.kind !== 'scram') throw new Error('not SCRAM');
    const salts = [...Object.values(one.keys), ...Object.values(other.keys)].map((keys) => keys.salt);
    expect(new Set(salts).size).toBe(6);
    const lengths = Object.values(one.keys).map((keys) => Buffer.from(keys.storedKey, 'base64').length);
    expect(lengths).toEqual([20, 32, 64]);
  });

  it.each(['scram', 'argon2'] as const)('makes decoys that look like %s credentials', async (kind) => {
    const decoy = hasher.decoy(kind);
    expect(await hasher.matches('pencil', decoy)).toBe(false);
    // All that decides about the work to be done, with what is random or derived left out.
    const cost = (credentials: unknown) =>
      JSON.stringify(credentials).replaceAll(/[A-Za-z0-9+/]{20,}={0,2}/g, (value) => `<${value.length}>`);
    expect(cost(decoy)).toBe(cost(await hasher.create(kind, 'pencil')));
  });

  it('refuses a flood of logins, and works again when it is over', async () => {
    const credentials = await hasher.create('scram', 'pencil');
    const flood = Array.from({ length: 1_010 }, () => hasher.matches('pencil', credentials));
    const outcomes = await Promise.allSettled(flood);
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused).toHaveLength(8);
    expect(refused[0]?.reason).toMatchObject({ condition: 'temporary-auth-failure' });
    expect(await hasher.matches('pencil', credentials)).toBe(true);
  });
});
