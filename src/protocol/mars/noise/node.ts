/** The primitives of Noise by node:crypto */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { TAG_BYTES } from './cipher-state.ts';
import type { KeyPair, NoisePrimitives } from './primitives.ts';

/** What DER has before the 32 bytes of an X25519 key (RFC 8410 §7, §4). */
const PRIVATE_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex');
const PUBLIC_PREFIX = Buffer.from('302a300506032b656e032100', 'hex');

export const nodePrimitives: NoisePrimitives = {
  generateKeyPair(): KeyPair {
    const { privateKey, publicKey } = generateKeyPairSync('x25519');
    const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' });
    return { privateKey: pkcs8.subarray(PRIVATE_PREFIX.length), publicKey: rawPublicKey(publicKey) };
  },
  keyPairOf(privateKey: Uint8Array): KeyPair {
    return { privateKey, publicKey: rawPublicKey(createPublicKey(privateKeyObject(privateKey))) };
  },
  x25519(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
    const spki = Buffer.concat([PUBLIC_PREFIX, publicKey]);
    return diffieHellman({
      privateKey: privateKeyObject(privateKey),
      publicKey: createPublicKey({ key: spki, type: 'spki', format: 'der' }),
    });
  },
  sha256(...parts: readonly Uint8Array[]): Uint8Array {
    const hash = createHash('sha256');
    for (const part of parts) hash.update(part);
    return hash.digest();
  },
  hmacSha256(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
    const hmac = createHmac('sha256', key);
    for (const part of parts) hmac.update(part);
    return hmac.digest();
  },
  encrypt(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, plaintext: Uint8Array): Uint8Array {
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(associated);
    return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  },
  decrypt(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, ciphertext: Uint8Array): Uint8Array {
    const at = ciphertext.length - TAG_BYTES;
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
      .setAAD(associated)
      .setAuthTag(ciphertext.subarray(at));
    return Buffer.concat([decipher.update(ciphertext.subarray(0, at)), decipher.final()]);
  },
};

function privateKeyObject(raw: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PRIVATE_PREFIX, raw]), type: 'pkcs8', format: 'der' });
}

function rawPublicKey(key: KeyObject): Uint8Array {
  return key.export({ type: 'spki', format: 'der' }).subarray(PUBLIC_PREFIX.length);
}
