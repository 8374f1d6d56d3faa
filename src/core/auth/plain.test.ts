import { describe, expect, it } from 'vitest';
import { authContext, ITERATIONS, someAccounts } from '../../../test/support/auth-context.ts';
import type { SaslStep } from './mechanism.ts';
import { type Credentials, PasswordHasher } from './password-hasher.ts';
import { createPlain } from './plain.ts';

/** Knows how often it was given work, and of which kind. */
class CountingHasher extends PasswordHasher {
  readonly checked: string[] = [];

  override matches(password: string, credentials: Credentials): Promise<boolean> {
    this.checked.push(credentials.kind);
    return super.matches(password, credentials);
  }
}

const hasher = new CountingHasher(ITERATIONS);
const accounts = await someAccounts(hasher);
const plain = createPlain({ strength: 0, isAllowedWithoutTls: false });

async function logIn(message: string | Uint8Array): Promise<SaslStep> {
  return plain.start(authContext({ accounts })).step(Buffer.from(message));
}

describe('PLAIN', () => {
  it('asks for the message when it does not come with the request', async () => {
    const exchange = plain.start(authContext({ accounts }));
    expect(await exchange.step(undefined)).toEqual({ challenge: new Uint8Array() });
    expect(await exchange.step(Buffer.from('\0juliet\0romeo'))).toEqual({ username: 'juliet' });
  });

  it.each(['juliet', 'friar'])('lets %s in with the right password', async (username) => {
    expect(await logIn(`\0${username}\0romeo`)).toEqual({ username });
  });

  it.each(['juliet', 'friar'])('does not let %s in with a wrong one', async (username) => {
    await expect(logIn(`\0${username}\0Romeo`)).rejects.toMatchObject({ condition: 'not-authorized' });
  });

  it('prepares the username', async () => {
    expect(await logIn('\0JULIET\0romeo')).toEqual({ username: 'juliet' });
  });

  it('compares passwords after their preparation: composed, decomposed, and with any space', async () => {
    await accounts.create({ username: 'rosaline', password: 'cafe\u0301 noir' });
    expect(await logIn('\0rosaline\0caf\u00e9\u3000noir')).toEqual({ username: 'rosaline' });
    expect(await logIn('\0rosaline\0cafe\u0301\u00a0noir')).toEqual({ username: 'rosaline' });
    await expect(logIn('\0rosaline\0cafe noir')).rejects.toMatchObject({ condition: 'not-authorized' });
  });

  it('takes the bare JID of the account as authorization identity', async () => {
    expect(await logIn('juliet@example.org\0juliet\0romeo')).toEqual({ username: 'juliet' });
  });

  it.each(['nurse@example.org', 'juliet@example.net', 'juliet@example.org/balcony', 'juliet', '@'])(
    'refuses the authorization identity %s before any work on the password',
    async (authzid) => {
      const before = hasher.checked.length;
      await expect(logIn(`${authzid}\0juliet\0romeo`)).rejects.toMatchObject({ condition: 'invalid-authzid' });
      expect(hasher.checked).toHaveLength(before);
    },
  );

  it.each([
    ['nothing', ''],
    ['no NUL', 'juliet'],
    ['one NUL', 'juliet\0romeo'],
    ['three NULs', '\0juliet\0romeo\0'],
    ['no username', '\0\0romeo'],
    ['no password', '\0juliet\0'],
    ['bytes that are not UTF-8', Buffer.from([0, 0x6a, 0, 0xff])],
  ])('finds a message with %s malformed', async (_, message) => {
    await expect(logIn(message)).rejects.toMatchObject({ condition: 'malformed-request' });
  });

  it.each(['\0ju liet\0romeo', '\0juliet@example.org\0romeo', '\0juliet\0ro\u0007meo'])(
    'refuses names and passwords that cannot exist: %j',
    async (message) => {
      await expect(logIn(message)).rejects.toMatchObject({ condition: 'not-authorized', text: undefined });
    },
  );

  it('does the same work and gives the same answer for unknown and disabled accounts as for a wrong password', async () => {
    const outcome = async (message: string) => {
      hasher.checked.length = 0;
      const error = await logIn(message).catch(String);
      return { error, checked: [...hasher.checked] };
    };
    const wrong = { error: 'SaslError: not-authorized', checked: ['scram'] };
    expect(await outcome('\0juliet\0wrong')).toEqual(wrong);
    expect(await outcome('\0tybalt\0romeo')).toEqual(wrong);
    expect(await outcome('\0nurse\0romeo')).toEqual(wrong);
    expect(await outcome('\0nurse\0wrong')).toEqual(wrong);
  });
});
