/** What a platform has to bring for encryption and login */
import type { NoisePrimitives } from '#protocol/mars';

export type HashName = 'SHA-1' | 'SHA-256';

export interface ClientCrypto extends NoisePrimitives {
  randomBytes(count: number): Uint8Array;
  digest(hash: HashName, data: Uint8Array): Uint8Array;
  hmac(hash: HashName, key: Uint8Array, data: Uint8Array): Uint8Array;
  /** PBKDF2 with HMAC (RFC 8018), with as many bytes as the hash has. */
  pbkdf2(hash: HashName, password: Uint8Array, salt: Uint8Array, iterations: number): Promise<Uint8Array>;
  md5(data: Uint8Array): Uint8Array;
}
