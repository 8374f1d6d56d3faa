/** Noise NK on one connection: the handshake is carried by the first request, and what follows is encrypted */
import {
  type Body,
  BodyError,
  decodeBody,
  encodeBody,
  type KeyPair,
  NoiseError,
  NoiseHandshake,
  type NoiseTransport,
} from '#protocol/mars';
import { nodePrimitives } from '#protocol/mars/node';

/** The name of the channel binding: the handshake hash (Noise §11.2). */
export const NOISE_BINDING = 'noise-handshake';

export class Encryption {
  readonly #handshake: NoiseHandshake;
  #transport: NoiseTransport | undefined;

  constructor(keys: KeyPair) {
    this.#handshake = NoiseHandshake.responder(nodePrimitives, keys);
  }

  /** Between the two messages of the handshake: nothing else may come. */
  get isBegun(): boolean {
    return this.#transport === undefined;
  }

  get handshakeHash(): Uint8Array | undefined {
    return this.#transport?.handshakeHash;
  }

  /** The request that the first message carries. @throws NoiseError, BodyError */
  begin({ noise }: Body): Body {
    const body = decodeBody(this.#handshake.read(noise));
    if (body.noise.length > 0) throw new BodyError('a handshake inside of a handshake');
    return body;
  }

  /** A body as it goes out; the first is the second message of the handshake. */
  seal(cmdid: number, seq: number, bytes: Uint8Array): Uint8Array {
    if (this.#transport !== undefined) return this.#transport.seal(cmdid, seq, bytes);
    const message = encodeBody({ noise: this.#handshake.write(bytes) });
    this.#transport = this.#handshake.transport();
    return message;
  }

  /** @throws NoiseError */
  open(cmdid: number, seq: number, sealed: Uint8Array): Uint8Array {
    if (this.#transport === undefined) throw new NoiseError('bad-handshake', 'the handshake is not answered yet');
    return this.#transport.open(cmdid, seq, sealed);
  }
}
