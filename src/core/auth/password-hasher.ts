/** RFC 5802 §3, RFC 9106: the slow work on passwords, off the event loop and in bounded numbers */
import { pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { CredentialKind, ScramHash, ScramKeys } from './accounts.ts';
import { SaslError } from './mechanism.ts';
import { SCRAM_HASHES, scramDigest, scramHmac } from './scram-hash.ts';
import { Turns } from './turns.ts';

/** What is kept of a password. */
export type Credentials =
  /** For one hash at least. */
  | { readonly kind: 'scram'; readonly keys: Readonly<Partial<Record<ScramHash, ScramKeys>>> }
  /** In the PHC string format. */
  | { readonly kind: 'argon2'; readonly hash: string };

/** Half of the libuv pool: the other half stays free for files and name look-ups. */
const AT_ONCE = 2;
/** More logins than this are refused rather than made to wait. */
const MOST_WAITING = 1_000;
export const SALT_BYTES = 16;

/** RFC 9106 §4, second recommended option: 64 MiB, 3 passes, 4 lanes. */
const ARGON2 = { memoryCost: 65_536, timeCost: 3, parallelism: 4, hashLength: 32 } as const;

const deriveKey = promisify(pbkdf2);

/** One for the whole server, since the pool it bounds the use of is one. */
export class PasswordHasher {
  readonly iterations: number;
  readonly #turns = new Turns(AT_ONCE);

  /** @param iterations of PBKDF2, for new credentials */
  constructor(iterations: number) {
    this.iterations = iterations;
  }

  /** Waits for its turn however long that takes. @param password prepared by OpaqueString */
  create(kind: CredentialKind, password: string): Promise<Credentials> {
    return this.#turns.run(async () =>
      kind === 'argon2'
        ? { kind, hash: await argon2Hash(password) }
        : {
            kind,
            keys: {
              'SHA-1': await this.#scramKeys('SHA-1', password),
              'SHA-256': await this.#scramKeys('SHA-256', password),
              'SHA-512': await this.#scramKeys('SHA-512', password),
            },
          },
    );
  }

  /**
   * @param password prepared by OpaqueString
   * @throws SaslError temporary-auth-failure when too many others wait
   */
  async matches(password: string, credentials: Credentials): Promise<boolean> {
    if (this.#turns.waiting >= MOST_WAITING) {
      throw new SaslError('temporary-auth-failure', 'too many logins at once, try again later');
    }
    return this.#turns.run(() =>
      credentials.kind === 'argon2'
        ? argon2Matches(credentials.hash, password)
        : scramMatches(credentials.keys, password),
    );
  }

  /** Credentials no password matches, which cost as much to check as those of an account. */
  decoy(kind: CredentialKind): Credentials {
    const salt = randomBytes(SALT_BYTES);
    if (kind === 'argon2') {
      const { memoryCost, timeCost, parallelism, hashLength } = ARGON2;
      const parameters = `m=${memoryCost},p=${parallelism},t=${timeCost}`;
      return { kind, hash: `$argon2id$v=19$${parameters}$${phc(salt)}$${phc(randomBytes(hashLength))}` };
    }
    const keys = (hash: ScramHash): ScramKeys => ({
      salt: salt.toString('base64'),
      iterations: this.iterations,
      storedKey: randomBytes(SCRAM_HASHES[hash].bytes).toString('base64'),
      serverKey: randomBytes(SCRAM_HASHES[hash].bytes).toString('base64'),
    });
    return { kind, keys: { 'SHA-1': keys('SHA-1'), 'SHA-256': keys('SHA-256'), 'SHA-512': keys('SHA-512') } };
  }

  async #scramKeys(hash: ScramHash, password: string): Promise<ScramKeys> {
    const salt = randomBytes(SALT_BYTES);
    return this.keysFrom(hash, await saltedPassword(hash, password, salt, this.iterations), salt);
  }

  /** RFC 5802 §3. @param salted with `iterations` */
  keysFrom(hash: ScramHash, salted: Uint8Array, salt: Uint8Array): ScramKeys {
    return {
      salt: Buffer.from(salt).toString('base64'),
      iterations: this.iterations,
      storedKey: storedKey(hash, salted).toString('base64'),
      serverKey: scramHmac(hash, salted, 'Server Key').toString('base64'),
    };
  }
}

/** Of one hash only, since PLAIN needs no more; the weakest comes last. */
async function scramMatches(keys: Partial<Record<ScramHash, ScramKeys>>, password: string): Promise<boolean> {
  const hash = (['SHA-256', 'SHA-512', 'SHA-1'] as const).find((name) => keys[name] !== undefined);
  const kept = hash && keys[hash];
  if (hash === undefined || kept === undefined) return false;
  const salted = await saltedPassword(hash, password, Buffer.from(kept.salt, 'base64'), kept.iterations);
  return timingSafeEqual(storedKey(hash, salted), Buffer.from(kept.storedKey, 'base64'));
}

function saltedPassword(hash: ScramHash, password: string, salt: Uint8Array, iterations: number): Promise<Buffer> {
  const { digest, bytes } = SCRAM_HASHES[hash];
  return deriveKey(password, salt, iterations, bytes, digest);
}

function storedKey(hash: ScramHash, salted: Uint8Array): Buffer {
  return scramDigest(hash, scramHmac(hash, salted, 'Client Key'));
}

// argon2 is native code, loaded only where accounts use it.
async function argon2Hash(password: string): Promise<string> {
  const argon2 = await import('argon2');
  return argon2.hash(password, { type: argon2.argon2id, ...ARGON2 });
}

async function argon2Matches(hash: string, password: string): Promise<boolean> {
  const argon2 = await import('argon2');
  return argon2.verify(hash, password);
}

/** The PHC string format has base64 without padding. */
function phc(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
