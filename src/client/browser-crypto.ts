import { hmac } from '@noble/hashes/hmac.js';
import { md5, sha1 } from '@noble/hashes/legacy.js';
import { pbkdf2Async } from '@noble/hashes/pbkdf2.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { noblePrimitives } from '#protocol/mars/noble';
import type { ClientCrypto } from './crypto.ts';

const HASHES = { 'SHA-1': sha1, 'SHA-256': sha256 };

export const browserCrypto: ClientCrypto = {
  ...noblePrimitives,
  randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
  digest: (hash, data) => HASHES[hash](data),
  hmac: (hash, key, data) => hmac(HASHES[hash], key, data),
  pbkdf2: (hash, password, salt, iterations) =>
    pbkdf2Async(HASHES[hash], password, salt, { c: iterations, dkLen: HASHES[hash].outputLen }),
  md5: (data) => md5(data),
};
