import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { nodePrimitives } from '#protocol/mars/node';
import type { ClientCrypto, HashName } from './crypto.ts';

const NAMES = { 'SHA-1': 'sha1', 'SHA-256': 'sha256' } as const satisfies Record<HashName, string>;
const BYTES = { 'SHA-1': 20, 'SHA-256': 32 } as const satisfies Record<HashName, number>;
const derive = promisify(pbkdf2);

export const nodeCrypto: ClientCrypto = {
  ...nodePrimitives,
  randomBytes,
  digest: (hash, data) => createHash(NAMES[hash]).update(data).digest(),
  hmac: (hash, key, data) => createHmac(NAMES[hash], key).update(data).digest(),
  pbkdf2: (hash, password, salt, iterations) => derive(password, salt, iterations, BYTES[hash], NAMES[hash]),
  md5: (data) => createHash('md5').update(data).digest(),
};
