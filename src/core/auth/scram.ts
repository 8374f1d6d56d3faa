/** RFC 5802, RFC 7677: SCRAM, with channel binding (RFC 9266, RFC 5929) as -PLUS, and XEP-0474 */
import { timingSafeEqual } from 'node:crypto';
import { type Awaitable, whenDone } from '../awaitable.ts';
import type { ScramHash, ScramKeys } from './accounts.ts';
import { downgradeHash } from './downgrade-hash.ts';
import { checkAuthzid, decodeText, usernameFrom } from './identity.ts';
import { type AuthContext, type Mechanism, SaslError, type SaslExchange, type SaslStep } from './mechanism.ts';
import type { NonceStore } from './nonce-store.ts';
import type { ScramDecoys } from './scram-decoys.ts';
import { scramDigest, scramHmac } from './scram-hash.ts';
import { type ClientFirst, parseClientFinal, parseClientFirst } from './scram-message.ts';

export interface ScramParts {
  readonly hash: ScramHash;
  /** With channel binding. */
  readonly plus: boolean;
  readonly strength: number;
  readonly nonces: NonceStore;
  readonly decoys: ScramDecoys;
  /** Whether this server offers any -PLUS mechanism on links that can be bound to. */
  readonly isPlusEnabled: boolean;
}

export function createScram(parts: ScramParts): Mechanism {
  return {
    name: `SCRAM-${parts.hash}${parts.plus ? '-PLUS' : ''}`,
    strength: parts.strength,
    isOffered: ({ accounts, channelBindings }) =>
      accounts.scramKeys !== undefined && (!parts.plus || channelBindings.length > 0),
    start: (context) => new ScramExchange(parts, context),
  };
}

/** What the client has to answer to. */
interface Pending {
  readonly username: string;
  readonly keys: ScramKeys;
  readonly clientFirstBare: string;
  readonly serverFirst: string;
  readonly serverNonce: string;
  readonly nonce: string;
  /** What `c=` has to be. */
  readonly bound: string;
}

class ScramExchange implements SaslExchange {
  readonly #parts: ScramParts;
  readonly #context: AuthContext;
  #pending: Pending | undefined;

  constructor(parts: ScramParts, context: AuthContext) {
    this.#parts = parts;
    this.#context = context;
  }

  step(response: Uint8Array | undefined): Awaitable<SaslStep> {
    if (this.#pending !== undefined) return this.#finish(decodeText(response ?? new Uint8Array()), this.#pending);
    // RFC 4422 §3: the client speaks first; without an initial response it is asked to.
    return response === undefined ? { challenge: new Uint8Array() } : this.#begin(decodeText(response));
  }

  #begin(message: string): Awaitable<SaslStep> {
    const { hash, decoys } = this.#parts;
    const first = parseClientFirst(message);
    const bound = Buffer.concat([Buffer.from(first.gs2Header), this.#bindingData(first)]).toString('base64');
    const username = usernameFrom(first.username);
    checkAuthzid(first.authzid, username, this.#context.domain);
    // Made for every username, so that an unknown one costs the same.
    const decoy = decoys.keysFor(username, hash);
    return whenDone(this.#context.accounts.scramKeys?.(username, hash), (keys) =>
      this.#challenge(first, bound, username, keys ?? decoy),
    );
  }

  #challenge(first: ClientFirst, bound: string, username: string, keys: ScramKeys): SaslStep {
    const serverNonce = this.#parts.nonces.issue();
    const nonce = first.nonce + serverNonce;
    const { mechanisms, channelBindings } = this.#context;
    const offer = mechanisms && `,h=${downgradeHash(this.#parts.hash, mechanisms, channelBindings)}`;
    const serverFirst = `r=${nonce},s=${keys.salt},i=${keys.iterations}${offer ?? ''}`;
    this.#pending = { username, keys, clientFirstBare: first.bare, serverFirst, serverNonce, nonce, bound };
    return { challenge: Buffer.from(serverFirst) };
  }

  /** RFC 5802 §6: which binding the header asks for, and whether that can be. */
  #bindingData(first: ClientFirst): Uint8Array {
    const { plus, isPlusEnabled } = this.#parts;
    const { channelBindings } = this.#context;
    if (plus !== (first.binding !== undefined)) {
      throw new SaslError('not-authorized', 'the channel binding flag does not fit the mechanism');
    }
    if (first.isBindingMissed && isPlusEnabled && channelBindings.length > 0) {
      throw new SaslError('not-authorized', 'channel binding is supported: somebody removed it from the offer');
    }
    if (first.binding === undefined) return new Uint8Array();
    // Not only those announced: XEP-0440 §4 lets a client try another.
    const data = this.#context.channelBinding(first.binding);
    if (data === undefined) throw new SaslError('not-authorized', 'this channel binding type is not known');
    return data;
  }

  #finish(message: string, pending: Pending): SaslStep {
    const { hash, nonces } = this.#parts;
    const final = parseClientFinal(message);
    if (!nonces.take(pending.serverNonce) || final.nonce !== pending.nonce) throw new SaslError('not-authorized');
    if (final.bound !== pending.bound) throw new SaslError('not-authorized', 'the channel binding does not match');
    const signed = `${pending.clientFirstBare},${pending.serverFirst},${final.withoutProof}`;
    if (!isProof(hash, pending.keys, signed, final.proof)) throw new SaslError('not-authorized');
    const signature = scramHmac(hash, Buffer.from(pending.keys.serverKey, 'base64'), signed);
    return { username: pending.username, data: Buffer.from(`v=${signature.toString('base64')}`) };
  }
}

/** §3: the proof is ClientKey XOR ClientSignature, and the stored key is the hash of ClientKey. */
function isProof(hash: ScramHash, keys: ScramKeys, signed: string, proof: Buffer): boolean {
  const storedKey = Buffer.from(keys.storedKey, 'base64');
  if (proof.length !== storedKey.length) return false;
  const signature = scramHmac(hash, storedKey, signed);
  const clientKey = signature.map((byte, i) => byte ^ proof.readUInt8(i));
  return timingSafeEqual(scramDigest(hash, clientKey), storedKey);
}
