/** Noise §5.3, after the handshake: each body of a frame is encrypted for its place in the order, its command and its seq */
import { type CipherState, TAG_BYTES } from './cipher-state.ts';
import { NoiseError } from './error.ts';

/** §3 */
export const MAX_MESSAGE_BYTES = 65_535;
const MAX_PLAINTEXT_BYTES = MAX_MESSAGE_BYTES - TAG_BYTES;

export class NoiseTransport {
  readonly #sending: CipherState;
  readonly #receiving: CipherState;
  /** §11.2: for channel binding. */
  readonly handshakeHash: Uint8Array;
  readonly #associated = new DataView(new ArrayBuffer(12));

  constructor(sending: CipherState, receiving: CipherState, handshakeHash: Uint8Array) {
    this.#sending = sending;
    this.#receiving = receiving;
    this.handshakeHash = handshakeHash;
  }

  /** Bodies have to be written to the connection in the order of these calls. */
  seal(cmdid: number, seq: number, body: Uint8Array): Uint8Array {
    if (body.length <= MAX_PLAINTEXT_BYTES) return this.#sending.encrypt(this.#associate(cmdid, seq), body);
    const parts = Math.ceil(body.length / MAX_PLAINTEXT_BYTES);
    const sealed = new Uint8Array(body.length + parts * TAG_BYTES);
    const associated = this.#associate(cmdid, seq, sealed.length);
    for (let part = 0; part < parts; part++) {
      const from = part * MAX_PLAINTEXT_BYTES;
      const plaintext = body.subarray(from, from + MAX_PLAINTEXT_BYTES);
      sealed.set(this.#sending.encrypt(associated, plaintext), part * MAX_MESSAGE_BYTES);
    }
    return sealed;
  }

  /** @throws NoiseError decrypt-failed: changed, repeated, left out, or moved to another command or seq */
  open(cmdid: number, seq: number, sealed: Uint8Array): Uint8Array {
    if (sealed.length <= MAX_MESSAGE_BYTES) return this.#receiving.decrypt(this.#associate(cmdid, seq), sealed);
    const parts = Math.ceil(sealed.length / MAX_MESSAGE_BYTES);
    if (sealed.length - (parts - 1) * MAX_MESSAGE_BYTES < TAG_BYTES) {
      throw new NoiseError('decrypt-failed', 'the last part is too short for an encrypted message');
    }
    const associated = this.#associate(cmdid, seq, sealed.length);
    const body = new Uint8Array(sealed.length - parts * TAG_BYTES);
    for (let part = 0; part < parts; part++) {
      const from = part * MAX_MESSAGE_BYTES;
      const ciphertext = sealed.subarray(from, from + MAX_MESSAGE_BYTES);
      body.set(this.#receiving.decrypt(associated, ciphertext), part * MAX_PLAINTEXT_BYTES);
    }
    return body;
  }

  /** With the length where a body is several messages, so that none can be cut off at the end. */
  #associate(cmdid: number, seq: number, length?: number): Uint8Array {
    this.#associated.setUint32(0, cmdid);
    this.#associated.setUint32(4, seq);
    this.#associated.setUint32(8, length ?? 0);
    return new Uint8Array(this.#associated.buffer, 0, length === undefined ? 8 : 12);
  }
}

/** What a body of so many bytes becomes, on a connection that is encrypted so. */
export function sealedBytes(bodyBytes: number): number {
  return bodyBytes + Math.max(1, Math.ceil(bodyBytes / MAX_PLAINTEXT_BYTES)) * TAG_BYTES;
}
