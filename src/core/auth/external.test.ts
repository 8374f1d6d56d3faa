import { describe, expect, it } from 'vitest';
import { authContext, someAccounts } from '../../../test/support/auth-context.ts';
import { createExternal } from './external.ts';
import type { SaslStep } from './mechanism.ts';

const accounts = await someAccounts();
const external = createExternal(0);

async function logIn(certificateJids: readonly string[], authzid: string): Promise<SaslStep> {
  return external.start(authContext({ accounts, certificateJids })).step(Buffer.from(authzid));
}

describe('EXTERNAL', () => {
  it('asks for the authorization identity when none comes with the request', async () => {
    const exchange = external.start(authContext({ accounts, certificateJids: ['juliet@example.org'] }));
    expect(await exchange.step(undefined)).toEqual({ challenge: new Uint8Array() });
    expect(await exchange.step(new Uint8Array())).toEqual({ username: 'juliet' });
  });

  it('takes the only account of this host that the certificate names', async () => {
    const named = ['juliet@example.net', 'Juliet@example.org', 'juliet@example.org', 'example.org', '@@'];
    expect(await logIn(named, '')).toEqual({ username: 'juliet' });
  });

  it('takes the one that is asked for among several', async () => {
    expect(await logIn(['friar@example.org', 'juliet@example.org'], 'juliet@example.org')).toEqual({
      username: 'juliet',
    });
  });

  it.each([
    ['several are named and none is asked for', ['friar@example.org', 'juliet@example.org'], ''],
    ['another account is asked for', ['juliet@example.org'], 'friar@example.org'],
    ['a full JID is asked for', ['juliet@example.org'], 'juliet@example.org/balcony'],
    ['something else than a JID is asked for', ['juliet@example.org'], '@@'],
    ['the account is one of another host', ['juliet@example.net'], 'juliet@example.net'],
    ['the certificate names nobody', [], ''],
  ])('refuses when %s', async (_, named, authzid) => {
    await expect(logIn(named, authzid)).rejects.toMatchObject({ condition: 'invalid-authzid' });
  });

  it.each(['nurse', 'tybalt'])('does not let in %s, whose account is disabled or missing', async (username) => {
    await expect(logIn([`${username}@example.org`], '')).rejects.toMatchObject({ condition: 'not-authorized' });
  });
});
