/** Noise §7.5, the pattern NK: the client knows the key of the server before, and stays unknown itself */
import { type CipherState, TAG_BYTES } from './cipher-state.ts';
import { NoiseError } from './error.ts';
import type { KeyPair, NoisePrimitives } from './primitives.ts';
import { SymmetricState } from './symmetric-state.ts';
import { MAX_MESSAGE_BYTES, NoiseTransport } from './transport.ts';

export const PROTOCOL_NAME = 'Noise_NK_25519_AESGCM_SHA256';
const KEY_BYTES = 32;
/** So that no key of another protocol's handshake fits. */
const PROLOGUE = new TextEncoder().encode('tharsis-mars-1');

export interface NoiseOptions {
  readonly prologue?: Uint8Array;
  /** A test gives it; else there is a new one each time. */
  readonly ephemeral?: KeyPair;
}

/** One message there, one back; after that `transport()`. Each step is taken once, in this order. */
export class NoiseHandshake {
  readonly #primitives: NoisePrimitives;
  readonly #isInitiator: boolean;
  readonly #state: SymmetricState;
  readonly #ephemeral: KeyPair;
  /** The static key of the server; of the responder, with its private half. */
  readonly #server: { readonly publicKey: Uint8Array; readonly privateKey?: Uint8Array };
  #remoteEphemeral = new Uint8Array(0);
  #next: 'first' | 'second' | 'done' = 'first';

  private constructor(
    primitives: NoisePrimitives,
    isInitiator: boolean,
    server: { readonly publicKey: Uint8Array; readonly privateKey?: Uint8Array },
    options: NoiseOptions,
  ) {
    if (server.publicKey.length !== KEY_BYTES) throw new NoiseError('bad-handshake', 'a key has 32 bytes');
    this.#primitives = primitives;
    this.#isInitiator = isInitiator;
    this.#server = server;
    this.#ephemeral = options.ephemeral ?? primitives.generateKeyPair();
    this.#state = new SymmetricState(primitives, PROTOCOL_NAME);
    this.#state.mixHash(options.prologue ?? PROLOGUE);
    this.#state.mixHash(server.publicKey);
  }

  /** The client, who knows the public key of the server. */
  static initiator(primitives: NoisePrimitives, serverKey: Uint8Array, options: NoiseOptions = {}): NoiseHandshake {
    return new NoiseHandshake(primitives, true, { publicKey: serverKey }, options);
  }

  static responder(primitives: NoisePrimitives, server: KeyPair, options: NoiseOptions = {}): NoiseHandshake {
    return new NoiseHandshake(primitives, false, server, options);
  }

  /** The initiator's first message: e, es. The responder's, after it has read that one: e, ee. */
  write(payload: Uint8Array): Uint8Array {
    this.#step(this.#isInitiator ? 'first' : 'second');
    const { publicKey, privateKey } = this.#ephemeral;
    if (KEY_BYTES + payload.length + TAG_BYTES > MAX_MESSAGE_BYTES) {
      throw new NoiseError('message-too-long', `a message of the handshake has at most ${MAX_MESSAGE_BYTES} bytes`);
    }
    this.#state.mixHash(publicKey);
    this.#mixShared(privateKey, this.#isInitiator ? this.#server.publicKey : this.#remoteEphemeral);
    const encrypted = this.#state.encryptAndHash(payload);
    const message = new Uint8Array(KEY_BYTES + encrypted.length);
    message.set(publicKey);
    message.set(encrypted, KEY_BYTES);
    return message;
  }

  /** The payload. @throws NoiseError when it was made for another server, or changed */
  read(message: Uint8Array): Uint8Array {
    this.#step(this.#isInitiator ? 'second' : 'first');
    if (message.length < KEY_BYTES + TAG_BYTES || message.length > MAX_MESSAGE_BYTES) {
      throw new NoiseError('bad-handshake', 'a message of the handshake has another length');
    }
    this.#remoteEphemeral = message.slice(0, KEY_BYTES);
    this.#state.mixHash(this.#remoteEphemeral);
    this.#mixShared(this.#server.privateKey ?? this.#ephemeral.privateKey, this.#remoteEphemeral);
    return this.#state.decryptAndHash(message.subarray(KEY_BYTES));
  }

  /** What the connection goes on with when both messages have passed. */
  transport(): NoiseTransport {
    const { sending, receiving } = this.ciphers();
    return new NoiseTransport(sending, receiving, this.#state.hash);
  }

  /** §5.3: for messages with other associated data than ours. */
  ciphers(): { readonly sending: CipherState; readonly receiving: CipherState } {
    if (this.#next !== 'done') throw new NoiseError('bad-handshake', 'the handshake is not done');
    const [client, server] = this.#state.split();
    return this.#isInitiator ? { sending: client, receiving: server } : { sending: server, receiving: client };
  }

  #step(step: 'first' | 'second'): void {
    if (this.#next !== step) throw new NoiseError('bad-handshake', 'not the turn of this message');
    this.#next = step === 'first' ? 'second' : 'done';
  }

  #mixShared(privateKey: Uint8Array, publicKey: Uint8Array): void {
    try {
      this.#state.mixKey(this.#primitives.x25519(privateKey, publicKey));
    } catch (cause) {
      throw new NoiseError('bad-handshake', 'this is no key to agree with', { cause });
    }
  }
}
