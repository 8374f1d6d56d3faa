/** Noise §5.2: the chaining key and the hash of everything the handshake has seen */
import { CipherState } from './cipher-state.ts';
import type { NoisePrimitives } from './primitives.ts';

const NONE = new Uint8Array(0);
const ONE = Uint8Array.of(1);
const TWO = Uint8Array.of(2);

export class SymmetricState {
  readonly #primitives: NoisePrimitives;
  #chainingKey: Uint8Array;
  #hash: Uint8Array;
  #cipher: CipherState | undefined;

  /** @param protocolName 32 bytes at most */
  constructor(primitives: NoisePrimitives, protocolName: string) {
    this.#primitives = primitives;
    const name = new Uint8Array(32);
    name.set(new TextEncoder().encode(protocolName));
    this.#hash = name;
    this.#chainingKey = name;
  }

  /** What both sides know in the end, and nobody who made another handshake with one of them. */
  get hash(): Uint8Array {
    return this.#hash;
  }

  mixHash(data: Uint8Array): void {
    this.#hash = this.#primitives.sha256(this.#hash, data);
  }

  mixKey(material: Uint8Array): void {
    const [chainingKey, key] = this.#derive(material);
    this.#chainingKey = chainingKey;
    this.#cipher = new CipherState(this.#primitives, key);
  }

  encryptAndHash(plaintext: Uint8Array): Uint8Array {
    const ciphertext = this.#keyed().encrypt(this.#hash, plaintext);
    this.mixHash(ciphertext);
    return ciphertext;
  }

  /** @throws NoiseError decrypt-failed */
  decryptAndHash(ciphertext: Uint8Array): Uint8Array {
    const plaintext = this.#keyed().decrypt(this.#hash, ciphertext);
    this.mixHash(ciphertext);
    return plaintext;
  }

  /** Of the initiator, and of the responder. */
  split(): [CipherState, CipherState] {
    const [first, second] = this.#derive(NONE);
    return [new CipherState(this.#primitives, first), new CipherState(this.#primitives, second)];
  }

  #keyed(): CipherState {
    // The first message of every pattern that is used here begins with a key.
    if (this.#cipher === undefined) throw new Error('there is no key yet');
    return this.#cipher;
  }

  /** §4.3: HKDF with two outputs */
  #derive(material: Uint8Array): [Uint8Array, Uint8Array] {
    const { hmacSha256 } = this.#primitives;
    const temporary = hmacSha256(this.#chainingKey, material);
    const first = hmacSha256(temporary, ONE);
    return [first, hmacSha256(temporary, first, TWO)];
  }
}
