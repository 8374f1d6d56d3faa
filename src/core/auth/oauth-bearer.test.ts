import { describe, expect, it } from 'vitest';
import { accountsOf, authContext } from '../../../test/support/auth-context.ts';
import { SaslError, type SaslExchange } from './mechanism.ts';
import { createOauthBearer } from './oauth-bearer.ts';

const bearer = createOauthBearer({ strength: 0, isAllowedWithoutTls: false });

const accounts = accountsOf({
  verifyPassword: async () => false,
  async verifyToken(token, address) {
    if (address !== '192.0.2.1') throw new Error('the address of the client is told');
    if (token === 'old') throw new SaslError('credentials-expired');
    if (token === 'down') throw new SaslError('temporary-auth-failure');
    return token === 'vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==' ? 'juliet' : undefined;
  },
});
const TOKEN = 'vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==';

const start = () => bearer.start(authContext({ accounts }));
const step = async (exchange: SaslExchange, message: string) => exchange.step(Buffer.from(message));
const invalid = { challenge: Buffer.from('{"status":"invalid_token"}') };

describe('OAUTHBEARER', () => {
  it.each([
    ['nothing else', `n,,\x01auth=Bearer ${TOKEN}\x01\x01`],
    ['the account that is meant', `n,a=juliet@example.org,\x01auth=Bearer ${TOKEN}\x01\x01`],
    ['host and port', `n,,\x01host=server.example.org\x01port=5222\x01auth=Bearer ${TOKEN}\x01\x01`],
    ['another spelling of the scheme', `y,,\x01auth=bearer ${TOKEN}\x01\x01`],
  ])('lets the owner of a token in who sends %s', async (_what, message) => {
    expect(await step(start(), message)).toEqual({ username: 'juliet' });
  });

  it('asks for the message when it does not come with the request', async () => {
    const exchange = start();
    expect(await exchange.step(undefined)).toEqual({ challenge: new Uint8Array() });
    expect(await step(exchange, `n,,\x01auth=Bearer ${TOKEN}\x01\x01`)).toEqual({ username: 'juliet' });
  });

  it.each([
    ['a wrong token', 'n,,\x01auth=Bearer wrong\x01\x01', 'not-authorized'],
    ['an expired token', 'n,,\x01auth=Bearer old\x01\x01', 'credentials-expired'],
    ['no token', 'n,,\x01\x01', 'not-authorized'],
    ['another scheme', 'n,,\x01auth=Basic AAAA\x01\x01', 'not-authorized'],
    ["another's account", `n,a=romeo@example.org,\x01auth=Bearer ${TOKEN}\x01\x01`, 'invalid-authzid'],
  ])('tells the reason, and fails when that is acknowledged: %s', async (_what, message, condition) => {
    const exchange = start();
    expect(await step(exchange, message)).toEqual(invalid);
    await expect(step(exchange, '\x01')).rejects.toMatchObject({ condition });
  });

  it('fails at once when tokens cannot be checked now', async () => {
    await expect(step(start(), 'n,,\x01auth=Bearer down\x01\x01')).rejects.toMatchObject({
      condition: 'temporary-auth-failure',
    });
  });

  it.each([
    '',
    '\x01',
    'p=tls-exporter,,\x01auth=Bearer x\x01\x01',
    'n,,auth=Bearer x',
    'n,,\x01auth=Bearer x\x01',
    'auth=Bearer x\x01\x01',
  ])('refuses %j', async (message) => {
    await expect(step(start(), message)).rejects.toMatchObject({ condition: 'malformed-request' });
  });

  it('is not offered without TLS, unless that is configured', () => {
    const plain = authContext({ accounts, secure: false, channelBindings: [] });
    expect(bearer.isOffered(plain)).toBe(false);
    expect(createOauthBearer({ strength: 0, isAllowedWithoutTls: true }).isOffered(plain)).toBe(true);
  });
});
