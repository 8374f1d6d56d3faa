import { describe, expect, it } from 'vitest';
import { browserCrypto } from './browser-crypto.ts';
import type { ClientCrypto } from './crypto.ts';
import { beginLogin, type Credentials, type LoginContext } from './mechanisms.ts';
import { nodeCrypto } from './node-crypto.ts';
import { Scram } from './scram.ts';

const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString();
const utf8 = (value: string) => new TextEncoder().encode(value);
const CRYPTOS = [
  ['Node', nodeCrypto],
  ['browsers', browserCrypto],
] as const;

/** One whose random bytes are those of the example. */
const withNonce = (crypto: ClientCrypto, nonce: string): ClientCrypto => ({
  ...crypto,
  randomBytes: () => new Uint8Array(Buffer.from(nonce, 'base64')),
});

const EXAMPLES = [
  {
    hash: 'SHA-1',
    source: 'RFC 5802 §5',
    clientNonce: 'fyko+d2lbbFgONRv9qkxdawL',
    serverFirst: 'r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096',
    clientFinal: 'c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=',
    serverFinal: 'v=rmF9pqV8S7suAoZWja4dJRkFsKQ=',
  },
  {
    hash: 'SHA-256',
    source: 'RFC 7677 §3',
    clientNonce: 'rOprNGfwEbeRWgbNEkqO',
    serverFirst: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
    clientFinal:
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    serverFinal: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
  },
] as const;

describe.each(CRYPTOS)('SCRAM with the cryptography of %s', (_, crypto) => {
  it.each(EXAMPLES)('says what the example of $source says', async (example) => {
    const { hash, clientNonce, serverFirst } = example;
    const login = { hash, username: 'user', password: 'pencil', binding: undefined, isBindingMissed: false };
    const scram = new Scram(login, withNonce(crypto, clientNonce));
    expect(text(scram.first())).toBe(`n,,n=user,r=${clientNonce}`);
    expect(text(await scram.final(utf8(serverFirst)))).toBe(example.clientFinal);
    expect(() => scram.verify(utf8(example.serverFinal))).not.toThrow();
    expect(() => scram.verify(utf8(example.serverFinal.replace(/.=$/, 'A=')))).toThrow('does not know the password');
  });

  it('does the sums of the other mechanisms', async () => {
    const context = { crypto, isEncrypted: true, binding: undefined, nonce: 'abc' };
    const credentials: Credentials = { username: 'user', password: 'pass', mechanisms: ['MD5-CHALLENGE'] };
    const exchange = beginLogin(credentials, { ...context, offered: ['MD5-CHALLENGE'] });
    // echo -n abcuserpass | md5sum
    expect(text(exchange?.first)).toBe('user\u00004539059b41be769bf5e00f2a72fadc65');
  });
});

describe('SCRAM', () => {
  const login = {
    hash: 'SHA-256',
    username: 'user',
    password: 'pencil',
    binding: undefined,
    isBindingMissed: false,
  } as const;

  it.each([
    ['a nonce that does not go on with ours', 'r=other,s=QSXCR+Q6sek8bf92,i=4096', 'nonce'],
    ['a nonce that is only ours', 'r=rOprNGfwEbeRWgbNEkqO,s=QSXCR+Q6sek8bf92,i=4096', 'nonce'],
    ['few iterations', 'r=rOprNGfwEbeRWgbNEkqOx,s=QSXCR+Q6sek8bf92,i=4095', 'iterations'],
    ['iterations without end', 'r=rOprNGfwEbeRWgbNEkqOx,s=QSXCR+Q6sek8bf92,i=99999999', 'iterations'],
    ['a salt that is none', 'r=rOprNGfwEbeRWgbNEkqOx,s=!,i=4096', 'Base64'],
    ['an error', 'e=other-error', 'nonce'],
  ])('does not answer %s', async (_, serverFirst, problem) => {
    const scram = new Scram(login, withNonce(nodeCrypto, 'rOprNGfwEbeRWgbNEkqO'));
    await expect(scram.final(utf8(serverFirst))).rejects.toThrow(problem);
  });

  it('does not take a success before its turn', () => {
    expect(() => new Scram(login, nodeCrypto).verify(utf8('v='))).toThrow('does not know the password');
  });

  it('escapes names, and says what it is bound to', () => {
    const binding = { type: 'noise-handshake', data: Uint8Array.of(1) };
    const bound = new Scram({ ...login, username: 'a,b=c', binding }, withNonce(nodeCrypto, 'AAAA'));
    expect(text(bound.first())).toBe('p=noise-handshake,,n=a=2Cb=3Dc,r=AAAA');
    const missed = new Scram({ ...login, isBindingMissed: true }, withNonce(nodeCrypto, 'AAAA'));
    expect(text(missed.first())).toBe('y,,n=user,r=AAAA');
  });
});

describe('of what the server offers', () => {
  const all = [
    'PLAIN',
    'MD5-CHALLENGE',
    'TOKEN',
    'SCRAM-SHA-1',
    'SCRAM-SHA-256',
    'SCRAM-SHA-1-PLUS',
    'SCRAM-SHA-256-PLUS',
  ];
  const binding = { type: 'noise-handshake', data: Uint8Array.of(1) };
  const user = { username: 'user', password: 'pass' };
  const context: LoginContext = { crypto: nodeCrypto, offered: all, isEncrypted: true, binding, nonce: 'n' };

  it.each<[string, string | undefined, Credentials, Partial<LoginContext>]>([
    ['the strongest is taken', 'SCRAM-SHA-256-PLUS', user, {}],
    ['nothing is bound where nothing can be', 'SCRAM-SHA-256', user, { binding: undefined }],
    ['the next is taken', 'SCRAM-SHA-1-PLUS', user, { offered: ['PLAIN', 'SCRAM-SHA-1', 'SCRAM-SHA-1-PLUS'] }],
    ['PLAIN is the last', 'PLAIN', user, { offered: ['PLAIN', 'MD5-CHALLENGE'] }],
    ['PLAIN is not taken in the clear', undefined, user, { offered: ['PLAIN'], isEncrypted: false }],
    ['MD5-CHALLENGE is not taken unasked', undefined, user, { offered: ['MD5-CHALLENGE'] }],
    ['and when asked for only with a nonce', undefined, { ...user, mechanisms: ['MD5-CHALLENGE'] }, { nonce: '' }],
    ['a token has one way', 'TOKEN', { token: 't' }, {}],
    ['and not in the clear', undefined, { token: 't' }, { isEncrypted: false }],
  ])('%s', (_, expected, credentials, more) => {
    expect(beginLogin(credentials, { ...context, ...more })?.mechanism).toBe(expected);
  });
});
