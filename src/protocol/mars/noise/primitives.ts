/** What the Noise protocol needs of a cryptographic library: X25519, AES-256-GCM and SHA-256 (Noise §12) */

/** Raw, 32 bytes each. */
export interface KeyPair {
  readonly privateKey: Uint8Array;
  readonly publicKey: Uint8Array;
}

export interface NoisePrimitives {
  generateKeyPair(): KeyPair;
  /** The pair that a stored private key belongs to. */
  keyPairOf(privateKey: Uint8Array): KeyPair;
  /** Throws when the public key is one of those that make the result the same for everybody. */
  x25519(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array;
  sha256(...parts: readonly Uint8Array[]): Uint8Array;
  hmacSha256(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array;
  /** The ciphertext with the tag of 16 bytes after it. */
  encrypt(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /** Throws when it is not what `encrypt` made. */
  decrypt(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, ciphertext: Uint8Array): Uint8Array;
}
