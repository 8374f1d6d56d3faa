/** The primitives of Noise by the noble libraries, for browsers */
import { gcm } from '@noble/ciphers/aes.js';
import { x25519 } from '@noble/curves/ed25519.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { KeyPair, NoisePrimitives } from './primitives.ts';

export const noblePrimitives: NoisePrimitives = {
  generateKeyPair(): KeyPair {
    return noblePrimitives.keyPairOf(crypto.getRandomValues(new Uint8Array(32)));
  },
  keyPairOf(privateKey: Uint8Array): KeyPair {
    return { privateKey, publicKey: x25519.getPublicKey(privateKey) };
  },
  x25519: (privateKey, publicKey) => x25519.getSharedSecret(privateKey, publicKey),
  sha256(...parts: readonly Uint8Array[]): Uint8Array {
    const hash = sha256.create();
    for (const part of parts) hash.update(part);
    return hash.digest();
  },
  hmacSha256(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
    const mac = hmac.create(sha256, key);
    for (const part of parts) mac.update(part);
    return mac.digest();
  },
  encrypt: (key, nonce, associated, plaintext) => gcm(key, nonce, associated).encrypt(plaintext),
  decrypt: (key, nonce, associated, ciphertext) => gcm(key, nonce, associated).decrypt(ciphertext),
};
