import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, exportPKCS8, exportSPKI, generateKeyPair, SignJWT } from 'jose';
import { afterAll, describe, expect, it } from 'vitest';
import { type AuthProvider, ConfigError } from '#core';
import { providerHost } from '../../../test/support/auth-context.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import jwt from './index.ts';

const SECRET = 'a secret of two and thirty bytes';
const clock = new ManualClock();
const now = clock.now() / 1000;
const dir = mkdtempSync(join(tmpdir(), 'jwt-'));
afterAll(() => rmSync(dir, { recursive: true }));

const rsa = await generateKeyPair('RS256', { extractable: true });
const ec = await generateKeyPair('ES256', { extractable: true });
const other = await generateKeyPair('RS256');
const rsaPem = await exportSPKI(rsa.publicKey);
writeFileSync(join(dir, 'rsa.pem'), rsaPem);
writeFileSync(join(dir, 'ec.pem'), await exportSPKI(ec.publicKey));
writeFileSync(join(dir, 'private.pem'), await exportPKCS8(rsa.privateKey));
writeFileSync(join(dir, 'short.pem'), await exportSPKI((await ed25519()).publicKey));

function ed25519() {
  return generateKeyPair('EdDSA');
}

type Key = Parameters<SignJWT['sign']>[0];

function sign(claims: object, key: Key = Buffer.from(SECRET), alg = 'HS256', kid?: string): Promise<string> {
  return new SignJWT({ exp: now + 60, ...claims }).setProtectedHeader({ alg, ...(kid && { kid }) }).sign(key);
}

async function provider(options: object): Promise<Required<AuthProvider>> {
  const made = await jwt.create(jwt.config?.parse(options) as never, providerHost({ clock, dir }));
  return made as Required<AuthProvider>;
}

const withSecret = await provider({ secret: SECRET });

describe('a token as a password', () => {
  it('lets its subject in, and nobody else', async () => {
    const token = await sign({ sub: 'juliet' });
    expect(await withSecret.verifyPassword('juliet', token)).toBe(true);
    expect(await withSecret.verifyPassword('romeo', token)).toBe(false);
    expect(await withSecret.verifyToken(token)).toBe('juliet');
  });

  it.each([
    ['no token', 'secret'],
    ['nothing', ''],
    ['three dots', '...'],
    ['a token without a signature', `${btoa('{"alg":"none"}')}.${btoa('{"sub":"juliet","exp":9999999999}')}.`],
  ])('is refused when it is %s', async (_what, password) => {
    expect(await withSecret.verifyPassword('juliet', password)).toBe(false);
  });

  it.each([
    ['of another key', sign({ sub: 'juliet' }, Buffer.from('another secret of the same lengt'))],
    ['that does not say until when', sign({ sub: 'juliet', exp: undefined })],
    ['that is not valid yet', sign({ sub: 'juliet', nbf: now + 6 })],
    ['without a subject', sign({})],
    ['with a subject that is no text', sign({ sub: 5 })],
    ['with a subject that is no localpart', sign({ sub: 'ju liet' })],
    ['for a user of another host', sign({ sub: 'juliet@example.com' })],
    ['for a resource', sign({ sub: 'juliet@example.org/balcony' })],
    ['for another audience', sign({ sub: 'juliet', aud: 'shop.example.org' })],
  ])('is refused when it is one %s', async (_what, token) => {
    expect(await withSecret.verifyToken(await token)).toBeUndefined();
  });

  it.each([
    ['names a bare JID of the host', { sub: 'juliet@example.org' }],
    ['has to be prepared', { sub: 'JULIET' }],
    ['is valid from a moment ago', { sub: 'juliet', nbf: now + 5 }],
    ['is for several audiences, the host among them', { sub: 'juliet', aud: ['shop.example.org', 'example.org'] }],
  ])('is taken when it %s', async (_what, claims) => {
    expect(await withSecret.verifyToken(await sign(claims))).toBe('juliet');
  });

  it('that has expired says so, but only when its signature is right', async () => {
    const late = { sub: 'juliet', exp: now - 5 };
    await expect(withSecret.verifyToken(await sign(late))).rejects.toMatchObject({ condition: 'credentials-expired' });
    const forged = await sign(late, Buffer.from('another secret of the same lengt'));
    expect(await withSecret.verifyToken(forged)).toBeUndefined();
    expect(await withSecret.verifyToken(await sign({ sub: 'juliet', exp: now - 4 }))).toBe('juliet');
  });

  it('expires by the clock of the host', async () => {
    const own = new ManualClock();
    const made = await jwt.create(jwt.config?.parse({ secret: SECRET }) as never, providerHost({ clock: own }));
    const token = await sign({ sub: 'juliet' });
    own.advance(64_000);
    expect(await made.verifyToken?.(token)).toBe('juliet');
    own.advance(1_000);
    await expect(made.verifyToken?.(token)).rejects.toMatchObject({ condition: 'credentials-expired' });
  });

  it('has to have the issuer and the audience of the configuration', async () => {
    const strict = await provider({ secret: SECRET, issuer: 'https://id.example.org', audience: 'chat' });
    const right = { sub: 'juliet', iss: 'https://id.example.org', aud: ['chat', 'shop'] };
    expect(await strict.verifyToken(await sign(right))).toBe('juliet');
    for (const wrong of [{ iss: 'https://example.com' }, { iss: undefined }, { aud: 'shop' }, { aud: undefined }]) {
      expect(await strict.verifyToken(await sign({ ...right, ...wrong }))).toBeUndefined();
    }
  });

  it('names the account in the claim of the configuration', async () => {
    const named = await provider({ secret: SECRET, claim: 'preferred_username' });
    expect(await named.verifyToken(await sign({ sub: '4711', preferred_username: 'juliet' }))).toBe('juliet');
    expect(await named.verifyToken(await sign({ sub: 'juliet' }))).toBeUndefined();
  });
});

describe('a public key', () => {
  it.each([
    ['rsa.pem', 'RS256', rsa.privateKey],
    ['private.pem', 'RS256', rsa.privateKey],
    ['ec.pem', 'ES256', ec.privateKey],
  ])('in %s checks signatures by %s', async (public_key, alg, key) => {
    const made = await provider({ public_key });
    expect(await made.verifyToken(await sign({ sub: 'juliet' }, key, alg))).toBe('juliet');
  });

  it('alone decides the algorithm: its text is no secret', async () => {
    const made = await provider({ public_key: 'rsa.pem' });
    for (const secret of [rsaPem, rsaPem.trim(), Buffer.from(rsaPem.replace(/-----.*-----|\s/g, ''), 'base64')]) {
      expect(await made.verifyToken(await sign({ sub: 'juliet' }, Buffer.from(secret)))).toBeUndefined();
    }
    expect(
      await made.verifyToken(await sign({ sub: 'juliet' }, rsa.privateKey, 'RS512').catch(() => '')),
    ).toBeUndefined();
    expect(await made.verifyToken(await sign({ sub: 'juliet' }, ec.privateKey, 'ES256'))).toBeUndefined();
  });

  it.each([
    ['missing.pem', 'cannot be read as a public key'],
    ['short.pem', 'neither an RSA key of 2048 bits or more nor a P-256 key'],
  ])('that cannot be used stops the start: %s', async (public_key, message) => {
    const error: unknown = await provider({ public_key }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).problems[0]?.path).toBe('auth.provider.options.public_key');
    expect((error as ConfigError).message).toContain(message);
  });
});

describe('a JWK Set', () => {
  it('is fetched once, and again for a key that is new', async () => {
    const keys = [{ ...(await exportJWK(rsa.publicKey)), kid: 'first' }];
    let requests = 0;
    const server = createServer((_request, response) => {
      requests++;
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const made = await provider({ jwks_url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys` });
    const first = await sign({ sub: 'juliet' }, rsa.privateKey, 'RS256', 'first');
    expect(await made.verifyToken(first)).toBe('juliet');
    expect(await made.verifyToken(first)).toBe('juliet');
    expect(requests).toBe(1);
    expect(await made.verifyToken(await sign({ sub: 'juliet' }, other.privateKey, 'RS256', 'first'))).toBeUndefined();
    expect(await made.verifyToken(await sign({ sub: 'juliet' }, ec.privateKey, 'ES256', 'unknown'))).toBeUndefined();
    const confused = await sign({ sub: 'juliet' }, Buffer.from(JSON.stringify(keys[0])), 'HS256', 'first');
    expect(await made.verifyToken(confused)).toBeUndefined();
    server.close();
  });

  it('that cannot be had is a temporary failure', async () => {
    const server = createServer((_request, response) => response.writeHead(503).end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
    const made = await provider({ jwks_url: url });
    const token = await sign({ sub: 'juliet' }, rsa.privateKey, 'RS256');
    await expect(made.verifyToken(token)).rejects.toMatchObject({ condition: 'temporary-auth-failure' });
    server.close();
    await once(server, 'close');
    await expect(made.verifyToken(token)).rejects.toMatchObject({ condition: 'temporary-auth-failure' });
    expect(await made.verifyToken('no token')).toBeUndefined();
  });
});

it.each([
  [{}, 'one of secret, public_key and jwks_url'],
  [{ secret: SECRET, public_key: 'rsa.pem' }, 'one of secret, public_key and jwks_url'],
  [{ secret: SECRET.slice(1) }, 'secret'],
  [{ jwks_url: 'file:///etc/passwd' }, 'is no HTTP URL'],
])('the options %j are refused', (options, message) => {
  expect(JSON.stringify(jwt.config?.safeParse(options).error?.issues)).toContain(message);
});
