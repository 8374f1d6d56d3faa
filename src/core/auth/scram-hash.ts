/** RFC 5802 §2.2, §4: the hash functions SCRAM is used with, and what is computed with them */
import { createHash, createHmac } from 'node:crypto';
import type { ScramHash } from './accounts.ts';

/** Node's name of each hash, and the bytes of its output. */
export const SCRAM_HASHES = {
  'SHA-1': { digest: 'sha1', bytes: 20 },
  'SHA-256': { digest: 'sha256', bytes: 32 },
  'SHA-512': { digest: 'sha512', bytes: 64 },
} as const satisfies Record<ScramHash, { digest: string; bytes: number }>;

export function scramHmac(hash: ScramHash, key: Uint8Array, text: string): Buffer {
  return createHmac(SCRAM_HASHES[hash].digest, key).update(text).digest();
}

export function scramDigest(hash: ScramHash, data: Uint8Array): Buffer {
  return createHash(SCRAM_HASHES[hash].digest).update(data).digest();
}
