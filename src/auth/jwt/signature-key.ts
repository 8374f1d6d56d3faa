/**
 * RFC 8725 §3.1: which key checks signatures, and by which algorithms. The key alone decides that; what a token says of its
 * algorithm can only be right or wrong.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import { type AuthProviderHost, ConfigError, type Logger, SaslError } from '#core';
import type { JwtOptions } from './index.ts';

export interface SignatureKey {
  readonly key: JWTVerifyGetKey;
  readonly algorithms: readonly string[];
}

const FETCH_MS = 5_000;

/** @throws ConfigError for a file that cannot be read or holds no usable key */
export function signatureKey(
  { secret, public_key, jwks_url }: JwtOptions,
  { dir, log }: AuthProviderHost,
): SignatureKey {
  if (secret !== undefined) return { key: async () => Buffer.from(secret), algorithms: ['HS256'] };
  if (jwks_url !== undefined) return { key: published(new URL(jwks_url), log), algorithms: ['RS256', 'ES256'] };
  const key = readKey(resolve(dir, public_key ?? ''));
  return { key: async () => key, algorithms: [algorithmOf(key)] };
}

function readKey(file: string): KeyObject {
  try {
    return createPublicKey(readFileSync(file));
  } catch (cause) {
    throw unusable(`${file} cannot be read as a public key: ${(cause as Error).message}`, cause);
  }
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails: details }: KeyObject): string {
  // RFC 7518 §3.3
  if (asymmetricKeyType === 'rsa' && (details?.modulusLength ?? 0) >= 2048) return 'RS256';
  if (asymmetricKeyType === 'ec' && details?.namedCurve === 'prime256v1') return 'ES256';
  throw unusable('neither an RSA key of 2048 bits or more nor a P-256 key');
}

function unusable(message: string, cause?: unknown): ConfigError {
  return new ConfigError([{ path: 'auth.provider.options.public_key', message }], { cause });
}

/** RFC 7517 §5: fetched when first needed, kept for a while, and fetched again for a key that is not among them. */
function published(url: URL, log: Logger): JWTVerifyGetKey {
  const keys = createRemoteJWKSet(url, { timeoutDuration: FETCH_MS });
  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (cause) {
      if (isOfToken(cause)) throw cause;
      log.warn({ err: cause, url: url.href }, 'the keys that sign tokens cannot be fetched');
      throw new SaslError('temporary-auth-failure', undefined, { cause });
    }
  };
}

/** Whether the token asks for a key there is not, or not for one alone. */
function isOfToken(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}
