import { pbkdf2Sync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type AuthContext,
  createMechanisms,
  createNonceStore,
  LoginLimiter,
  type NonceStore,
  type SaslExchange,
  ScramDecoys,
  type ScramHash,
} from '#core';
import {
  accountsOf,
  authContext,
  endPoint,
  exporter,
  ITERATIONS,
  someAccounts,
} from '../../../test/support/auth-context.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { scramFinal } from '../../../test/support/scram-client.ts';
import { SCRAM_HASHES, scramDigest, scramHmac } from './scram-hash.ts';

const accounts = await someAccounts();
const decoys = new ScramDecoys(Buffer.alloc(32, 7), ITERATIONS);
const clock = new ManualClock();

function start(
  name: string,
  context: AuthContext = authContext({ accounts }),
  { nonces = createNonceStore(clock), enabled }: { nonces?: NonceStore; enabled?: readonly string[] } = {},
): SaslExchange {
  const limiter = new LoginLimiter(clock, () => ({ failures: 100, windowMs: 60_000 }));
  const options = { limiter, nonces, decoys, plainWithoutTls: false, external: false, enabled };
  const mechanism = createMechanisms(options).find((candidate) => candidate.name === name);
  if (mechanism === undefined) throw new Error(`no mechanism ${name}`);
  return mechanism.start(context);
}

async function challenge(exchange: SaslExchange, message: string): Promise<string> {
  const step = await exchange.step(Buffer.from(message));
  if (!('challenge' in step)) throw new Error('the exchange is over');
  return Buffer.from(step.challenge).toString();
}

async function success(exchange: SaslExchange, message: string): Promise<{ username: string; data: string }> {
  const step = await exchange.step(Buffer.from(message));
  if ('challenge' in step) throw new Error('the exchange goes on');
  return { username: step.username, data: Buffer.from(step.data ?? []).toString() };
}

/** The error the exchange refuses with, at once or later. */
async function refusal(exchange: SaslExchange, message: string | Uint8Array): Promise<unknown> {
  try {
    return await exchange.step(Buffer.from(message));
  } catch (error) {
    return error;
  }
}

const bare = 'n=juliet,r=abc';

describe('the examples of the RFCs', () => {
  async function replay(hash: ScramHash, salt: string, serverNonce: string, first: string): Promise<SaslExchange> {
    const { digest, bytes } = SCRAM_HASHES[hash];
    const salted = pbkdf2Sync('pencil', Buffer.from(salt, 'base64'), 4096, bytes, digest);
    const provider = accountsOf({
      exists: () => true,
      verifyPassword: async () => false,
      scramKeys: () => ({
        salt,
        iterations: 4096,
        storedKey: scramDigest(hash, scramHmac(hash, salted, 'Client Key')).toString('base64'),
        serverKey: scramHmac(hash, salted, 'Server Key').toString('base64'),
      }),
    });
    const nonces: NonceStore = { issue: () => serverNonce, take: (nonce) => nonce === serverNonce };
    const exchange = start(`SCRAM-${hash}`, authContext({ accounts: provider }), { nonces });
    const nonce = first.slice(first.lastIndexOf('=') + 1) + serverNonce;
    expect(await challenge(exchange, first)).toBe(`r=${nonce},s=${salt},i=4096`);
    return exchange;
  }

  it('RFC 5802 §5 with SHA-1', async () => {
    const exchange = await replay(
      'SHA-1',
      'QSXCR+Q6sek8bf92',
      '3rfcNHYJY1ZVvWVs7j',
      'n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL',
    );
    const final = 'c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=';
    expect(await success(exchange, final)).toEqual({ username: 'user', data: 'v=rmF9pqV8S7suAoZWja4dJRkFsKQ=' });
  });

  it('RFC 7677 §3 with SHA-256', async () => {
    const exchange = await replay(
      'SHA-256',
      'W22ZaJ0SNY7soEsUEjb6gQ==',
      '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
      'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
    );
    const final =
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=';
    expect(await success(exchange, final)).toEqual({
      username: 'user',
      data: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
    });
  });
});

describe.each(['SHA-1', 'SHA-256', 'SHA-512'] as const)('a login with SCRAM-%s', (hash) => {
  it('succeeds with the right password, and the server proves itself', async () => {
    const exchange = start(`SCRAM-${hash}`);
    const serverFirst = await challenge(exchange, `n,,${bare}`);
    const { message, verifier } = scramFinal({ hash, password: 'romeo', bare, serverFirst });
    expect(await success(exchange, message)).toEqual({ username: 'juliet', data: verifier });
  });

  it.each([
    ['tls-exporter', exporter],
    ['tls-server-end-point', endPoint],
  ])('can be bound to %s', async (type, bindingData) => {
    const exchange = start(`SCRAM-${hash}-PLUS`);
    const gs2Header = `p=${type},,`;
    const serverFirst = await challenge(exchange, gs2Header + bare);
    const { message, verifier } = scramFinal({ hash, password: 'romeo', gs2Header, bindingData, bare, serverFirst });
    expect(await success(exchange, message)).toEqual({ username: 'juliet', data: verifier });
  });

  it('fails with a wrong password', async () => {
    const exchange = start(`SCRAM-${hash}`);
    const serverFirst = await challenge(exchange, `n,,${bare}`);
    const { message } = scramFinal({ hash, password: 'tybalt', bare, serverFirst });
    expect(await refusal(exchange, message)).toMatchObject({ condition: 'not-authorized', text: undefined });
  });

  it('needs no salted password: nothing is derived', async () => {
    const salt = Buffer.from('salt').toString('base64');
    const accountsOfOne = accountsOf({
      exists: () => true,
      verifyPassword: () => Promise.reject(new Error('asked for')),
      scramKeys: () => ({ salt, iterations: 2 ** 31, storedKey: salt, serverKey: salt }),
    });
    const exchange = start(`SCRAM-${hash}`, authContext({ accounts: accountsOfOne }));
    const serverFirst = await challenge(exchange, `n,,${bare}`);
    const nonce = /^r=([^,]+)/.exec(serverFirst)?.[1];
    expect(await refusal(exchange, `c=biws,r=${nonce},p=AAAA`)).toMatchObject({ condition: 'not-authorized' });
  });
});

describe('the first message', () => {
  it('is asked for when it does not come with the request', async () => {
    const exchange = start('SCRAM-SHA-256');
    expect(await exchange.step(undefined)).toEqual({ challenge: new Uint8Array() });
    expect(await challenge(exchange, `n,,${bare}`)).toMatch(/^r=abc/);
  });

  it.each([
    ['nothing', ''],
    ['no GS2 header', bare],
    ['an unknown flag', `x,,${bare}`],
    ['a binding type with a bad character', `p=tls_unique,,${bare}`],
    ['an empty binding type', `p=,,${bare}`],
    ['an authorization identity without its attribute', `n,juliet@example.org,${bare}`],
    ['an empty username', 'n,,n=,r=abc'],
    ['no username', 'n,,r=abc'],
    ['no nonce', 'n,,n=juliet'],
    ['an empty nonce', 'n,,n=juliet,r='],
    ['a nonce with a space', 'n,,n=juliet,r=a c'],
    ['a nonce outside ASCII', 'n,,n=juliet,r=ä'],
    ['a bare equals sign in the username', 'n,,n=ju=liet,r=abc'],
    ['an escape in lower case', 'n,,n=ju=2cliet,r=abc'],
    ['a NUL in the username', 'n,,n=ju\0liet,r=abc'],
    ['an extension without a value', `n,,${bare},x=`],
    ['an extension whose name is a digit', `n,,${bare},1=x`],
    ['a mandatory extension', `n,,m=x,${bare}`],
    ['a line break at the end', `n,,${bare}\n`],
  ])('with %s is malformed', async (_, message) => {
    expect(await refusal(start('SCRAM-SHA-256'), message)).toMatchObject({ condition: 'malformed-request' });
  });

  it('that is not UTF-8 is malformed', async () => {
    const bytes = Buffer.concat([Buffer.from('n,,n='), Buffer.from([0xc3, 0x28]), Buffer.from(',r=abc')]);
    expect(await refusal(start('SCRAM-SHA-256'), bytes)).toMatchObject({ condition: 'malformed-request' });
  });

  it('may have optional extensions, which are signed with the rest', async () => {
    const exchange = start('SCRAM-SHA-256');
    const extended = `${bare},x=future`;
    const serverFirst = await challenge(exchange, `n,,${extended}`);
    const { message } = scramFinal({ hash: 'SHA-256', password: 'romeo', bare: extended, serverFirst });
    expect((await success(exchange, message)).username).toBe('juliet');
  });

  it('names the account in any case, as a localpart', async () => {
    const exchange = start('SCRAM-SHA-256');
    const loud = 'n=JULIET,r=abc';
    const serverFirst = await challenge(exchange, `n,,${loud}`);
    const { message } = scramFinal({ hash: 'SHA-256', password: 'romeo', bare: loud, serverFirst });
    expect((await success(exchange, message)).username).toBe('juliet');
  });

  it('escapes commas and equals signs in the username', async () => {
    await accounts.create({ username: 'a,b=c', password: 'romeo' });
    const exchange = start('SCRAM-SHA-256');
    const escaped = 'n=a=2Cb=3Dc,r=abc';
    const serverFirst = await challenge(exchange, `n,,${escaped}`);
    const { message } = scramFinal({ hash: 'SHA-256', password: 'romeo', bare: escaped, serverFirst });
    expect((await success(exchange, message)).username).toBe('a,b=c');
  });

  it('with a username no account can have is not authorized', async () => {
    const message = 'n,,n=juliet@example.org,r=abc';
    expect(await refusal(start('SCRAM-SHA-256'), message)).toMatchObject({ condition: 'not-authorized' });
  });

  it('may repeat the account as authorization identity', async () => {
    const exchange = start('SCRAM-SHA-256');
    const gs2Header = 'n,a=juliet@example.org,';
    const serverFirst = await challenge(exchange, gs2Header + bare);
    const { message } = scramFinal({ hash: 'SHA-256', password: 'romeo', gs2Header, bare, serverFirst });
    expect((await success(exchange, message)).username).toBe('juliet');
  });

  it.each(['nurse@example.org', 'juliet@example.net', 'juliet@example.org/balcony', 'juliet', 'example.org'])(
    'with the authorization identity %s is refused',
    async (authzid) => {
      const message = `n,a=${authzid},${bare}`;
      expect(await refusal(start('SCRAM-SHA-256'), message)).toMatchObject({ condition: 'invalid-authzid' });
    },
  );
});

describe('channel binding', () => {
  it('cannot be missed by a client that supports it: somebody took it from the offer', async () => {
    expect(await refusal(start('SCRAM-SHA-256'), `y,,${bare}`)).toMatchObject({ condition: 'not-authorized' });
  });

  it('may be missed on a link without TLS', async () => {
    const context = authContext({ accounts, secure: false, channelBindings: [] });
    expect(await challenge(start('SCRAM-SHA-256', context), `y,,${bare}`)).toMatch(/^r=abc/);
  });

  it('may be missed when the -PLUS mechanisms are switched off', async () => {
    const exchange = start('SCRAM-SHA-256', undefined, { enabled: ['SCRAM-SHA-256'] });
    expect(await challenge(exchange, `y,,${bare}`)).toMatch(/^r=abc/);
  });

  it.each([
    ['SCRAM-SHA-256', 'p=tls-exporter,,'],
    ['SCRAM-SHA-256-PLUS', 'n,,'],
    ['SCRAM-SHA-256-PLUS', 'y,,'],
    ['SCRAM-SHA-256-PLUS', 'p=tls-unique,,'],
  ])('%s refuses the header %s', async (name, header) => {
    expect(await refusal(start(name), header + bare)).toMatchObject({ condition: 'not-authorized' });
  });

  it('to another TLS session is refused, though the password is right', async () => {
    const exchange = start('SCRAM-SHA-256-PLUS');
    const gs2Header = 'p=tls-exporter,,';
    const serverFirst = await challenge(exchange, gs2Header + bare);
    const bindingData = Buffer.from('of the man in the middle');
    const attempt = { hash: 'SHA-256', password: 'romeo', gs2Header, bindingData, bare, serverFirst } as const;
    expect(await refusal(exchange, scramFinal(attempt).message)).toMatchObject({ condition: 'not-authorized' });
  });

  it('repeats the header of the first message, so that nobody can change it on the way', async () => {
    const exchange = start('SCRAM-SHA-256');
    const serverFirst = await challenge(exchange, `n,,${bare}`);
    const attempt = { hash: 'SHA-256', password: 'romeo', gs2Header: 'y,,', bare, serverFirst } as const;
    expect(await refusal(exchange, scramFinal(attempt).message)).toMatchObject({ condition: 'not-authorized' });
  });
});

describe('the last message', () => {
  it.each([
    ['nothing', ''],
    ['no binding', 'r=NONCE,p=AAAA'],
    ['no proof', 'c=biws,r=NONCE'],
    ['a binding that is not base64', 'c=bi*s,r=NONCE,p=AAAA'],
    ['a proof that is not base64', 'c=biws,r=NONCE,p=AAA'],
    ['something after the proof', 'c=biws,r=NONCE,p=AAAA,x=y'],
    ['the attributes in another order', 'r=NONCE,c=biws,p=AAAA'],
  ])('with %s is malformed', async (_, message) => {
    const exchange = start('SCRAM-SHA-256');
    await challenge(exchange, `n,,${bare}`);
    expect(await refusal(exchange, message)).toMatchObject({ condition: 'malformed-request' });
  });

  it.each(['abc', 'abcAAAAAAAAAAAAAAAAAAAAAAAA', 'xyz'])('with the nonce %s is not authorized', async (nonce) => {
    const exchange = start('SCRAM-SHA-256');
    const serverFirst = await challenge(exchange, `n,,${bare}`);
    const { message } = scramFinal({ hash: 'SHA-256', password: 'romeo', bare, serverFirst, nonce });
    expect(await refusal(exchange, message)).toMatchObject({ condition: 'not-authorized' });
  });

  it('is good for one attempt: replayed, its nonce is refused', async () => {
    const exchange = start('SCRAM-SHA-256');
    const serverFirst = await challenge(exchange, `n,,${bare}`);
    const { message } = scramFinal({ hash: 'SHA-256', password: 'romeo', bare, serverFirst });
    await success(exchange, message);
    expect(await refusal(exchange, message)).toMatchObject({ condition: 'not-authorized' });
    const another = start('SCRAM-SHA-256');
    await challenge(another, `n,,${bare}`);
    expect(await refusal(another, message)).toMatchObject({ condition: 'not-authorized' });
  });

  it('comes too late after a minute', async () => {
    const exchange = start('SCRAM-SHA-256');
    const serverFirst = await challenge(exchange, `n,,${bare}`);
    clock.advance(60_000);
    const { message } = scramFinal({ hash: 'SHA-256', password: 'romeo', bare, serverFirst });
    expect(await refusal(exchange, message)).toMatchObject({ condition: 'not-authorized' });
  });
});

describe('an account that cannot log in with SCRAM', () => {
  async function answers(username: string, password: string): Promise<unknown> {
    const exchange = start('SCRAM-SHA-256');
    const first = `n=${username},r=abc`;
    const serverFirst = await challenge(exchange, `n,,${first}`);
    const { message } = scramFinal({ hash: 'SHA-256', password, bare: first, serverFirst });
    const error = await refusal(exchange, message);
    return { shape: serverFirst.replace(/r=abc.{24},s=.{24},/, 'r=abcNONCE,s=SALT,'), error: String(error) };
  }

  it.each([
    ['unknown', 'tybalt'],
    ['disabled', 'nurse'],
    ['kept with argon2', 'friar'],
  ])('since it is %s answers as with a wrong password', async (_, username) => {
    const wrong = { shape: `r=abcNONCE,s=SALT,i=${ITERATIONS}`, error: 'SaslError: not-authorized' };
    expect(await answers('juliet', 'wrong')).toEqual(wrong);
    expect(await answers(username, 'romeo')).toEqual(wrong);
  });

  it('shows the same salt each time, another for each hash and name', async () => {
    const salt = async (hash: ScramHash, username: string) =>
      /s=([^,]+)/.exec(await challenge(start(`SCRAM-${hash}`), `n,,n=${username},r=abc`))?.[1];
    expect(await salt('SHA-256', 'tybalt')).toBe(await salt('SHA-256', 'TYBALT'));
    const others = [await salt('SHA-256', 'tybalt'), await salt('SHA-1', 'tybalt'), await salt('SHA-256', 'paris')];
    expect(new Set(others).size).toBe(3);
  });
});
