/** RFC 5802 §5.1: what SCRAM shows for a username that cannot log in, so that it looks like any other */
import { createHmac, randomBytes } from 'node:crypto';
import type { Stores } from '../storage/index.ts';
import type { ScramHash, ScramKeys } from './accounts.ts';
import { SALT_BYTES } from './password-hasher.ts';
import { SCRAM_HASHES } from './scram-hash.ts';

const SECRET_BYTES = 32;

export class ScramDecoys {
  readonly #secret: Uint8Array;
  readonly #iterations: number;

  /** @param secret 32 bytes, always the same for a host. @param iterations as for new accounts */
  constructor(secret: Uint8Array, iterations: number) {
    this.#secret = secret;
    this.#iterations = iterations;
  }

  /** The salt of a username is the same at every attempt, as that of an account is. No proof matches the keys. */
  keysFor(username: string, hash: ScramHash): ScramKeys {
    const salt = createHmac('sha256', this.#secret).update(`${hash} ${username}`).digest().subarray(0, SALT_BYTES);
    // Nobody knows a client key whose hash is all zeros.
    const zeros = Buffer.alloc(SCRAM_HASHES[hash].bytes).toString('base64');
    return { salt: salt.toString('base64'), iterations: this.#iterations, storedKey: zeros, serverKey: zeros };
  }
}

/** The host's secret: made at the first start and kept, since salts that change at a restart would tell. */
export async function loadScramDecoys(stores: Stores, iterations: number): Promise<ScramDecoys> {
  let secret = randomBytes(SECRET_BYTES).toString('base64');
  await stores.map<string>('auth').update('scram', 'decoy-secret', (present) => {
    secret = present ?? secret;
    return secret;
  });
  return new ScramDecoys(Buffer.from(secret, 'base64'), iterations);
}
