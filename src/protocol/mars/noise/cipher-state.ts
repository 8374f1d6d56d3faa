/** Noise §5.1: a key and the number of messages it has encrypted */
import { NoiseError } from './error.ts';
import type { NoisePrimitives } from './primitives.ts';

export const TAG_BYTES = 16;

export class CipherState {
  readonly #primitives: NoisePrimitives;
  readonly #key: Uint8Array;
  /** §12.3: four zero bytes and the number of the message in network byte order. */
  readonly #nonce = new Uint8Array(12);
  readonly #counter = new DataView(this.#nonce.buffer, 4);

  constructor(primitives: NoisePrimitives, key: Uint8Array) {
    this.#primitives = primitives;
    this.#key = key;
  }

  encrypt(associated: Uint8Array, plaintext: Uint8Array): Uint8Array {
    const ciphertext = this.#primitives.encrypt(this.#key, this.#nonce, associated, plaintext);
    this.#count();
    return ciphertext;
  }

  /** @throws NoiseError decrypt-failed; the number does not go on then */
  decrypt(associated: Uint8Array, ciphertext: Uint8Array): Uint8Array {
    if (ciphertext.length < TAG_BYTES) throw new NoiseError('decrypt-failed', 'too short for an encrypted message');
    try {
      const plaintext = this.#primitives.decrypt(this.#key, this.#nonce, associated, ciphertext);
      this.#count();
      return plaintext;
    } catch (cause) {
      throw new NoiseError('decrypt-failed', 'the message cannot be decrypted', { cause });
    }
  }

  /** 2^64 messages do not pass in one connection. */
  #count(): void {
    const low = (this.#counter.getUint32(4) + 1) >>> 0;
    this.#counter.setUint32(4, low);
    if (low === 0) this.#counter.setUint32(0, this.#counter.getUint32(0) + 1);
  }
}
