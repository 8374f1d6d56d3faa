/** RFC 5802, RFC 7677: SCRAM on the side of the client, with channel binding where there is one */
import type { ClientCrypto, HashName } from './crypto.ts';
import { ProtocolError } from './errors.ts';
import type { ChannelBinding } from './link.ts';

export interface ScramLogin {
  readonly hash: HashName;
  readonly username: string;
  readonly password: string;
  /** With one, this is the -PLUS form. */
  readonly binding: ChannelBinding | undefined;
  /** The client could bind, and the server did not offer it (§6): somebody in the middle may have removed it. */
  readonly isBindingMissed: boolean;
}

/** More would keep a phone busy for seconds; a server that asks for it is none of ours. */
const MAX_ITERATIONS = 1_000_000;
/** RFC 7677 §4 */
const MIN_ITERATIONS = 4_096;

/** Two messages, and then the answer is checked. */
export class Scram {
  readonly #login: ScramLogin;
  readonly #crypto: ClientCrypto;
  readonly #gs2Header: string;
  readonly #nonce: string;
  readonly #firstBare: string;
  #serverSignature = '';

  constructor(login: ScramLogin, crypto: ClientCrypto) {
    this.#login = login;
    this.#crypto = crypto;
    const { binding, isBindingMissed } = login;
    this.#gs2Header = `${binding === undefined ? (isBindingMissed ? 'y' : 'n') : `p=${binding.type}`},,`;
    this.#nonce = toBase64(crypto.randomBytes(18));
    // §5.1
    const name = login.username.normalize('NFC').replaceAll('=', '=3D').replaceAll(',', '=2C');
    this.#firstBare = `n=${name},r=${this.#nonce}`;
  }

  first(): Uint8Array {
    return bytesOf(this.#gs2Header + this.#firstBare);
  }

  /** @throws ProtocolError */
  async final(challenge: Uint8Array): Promise<Uint8Array> {
    const serverFirst = textOf(challenge);
    const [, nonce = '', salt = '', count = ''] = /^r=([^,]+),s=([^,]+),i=(\d+)(?:,|$)/.exec(serverFirst) ?? [];
    const iterations = Number(count);
    if (!nonce.startsWith(this.#nonce) || nonce.length === this.#nonce.length) {
      throw new ProtocolError('SCRAM: the nonce of the server does not go on with ours');
    }
    if (iterations < MIN_ITERATIONS || iterations > MAX_ITERATIONS) {
      throw new ProtocolError(`SCRAM: the server asks for ${iterations} iterations`);
    }
    const { hash, password, binding } = this.#login;
    const crypto = this.#crypto;
    const salted = await crypto.pbkdf2(hash, bytesOf(password.normalize('NFC')), fromBase64(salt), iterations);
    const clientKey = crypto.hmac(hash, salted, bytesOf('Client Key'));
    const bound = concat(bytesOf(this.#gs2Header), binding?.data ?? new Uint8Array(0));
    const withoutProof = `c=${toBase64(bound)},r=${nonce}`;
    const signed = bytesOf(`${this.#firstBare},${serverFirst},${withoutProof}`);
    const signature = crypto.hmac(hash, crypto.digest(hash, clientKey), signed);
    const serverKey = crypto.hmac(hash, salted, bytesOf('Server Key'));
    this.#serverSignature = toBase64(crypto.hmac(hash, serverKey, signed));
    const proof = clientKey.map((byte, at) => byte ^ (signature[at] ?? 0));
    return bytesOf(`${withoutProof},p=${toBase64(proof)}`);
  }

  /** §3: only who knows the password's keys can sign. @throws ProtocolError */
  verify(additional: Uint8Array): void {
    const [, signature] = /^v=([^,]+)/.exec(textOf(additional)) ?? [];
    if (this.#serverSignature === '' || signature !== this.#serverSignature) {
      throw new ProtocolError('SCRAM: the server does not know the password');
    }
  }
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function concat(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

export function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

/** @throws ProtocolError */
export function fromBase64(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch (cause) {
    throw new ProtocolError('this is no Base64', { cause });
  }
}
