/** RFC 5802 §5.1, RFC 4422 §6.2.1: nonces that are good for one use and a short time */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock/index.ts';

const LIFETIME_MS = 60_000;
/** 144 bits; the 24 characters of base64 hold no comma, so SCRAM can use them as they are. */
const NONCE_BYTES = 18;
const CAPACITY = 100_000;

export interface NonceStore {
  issue(): string;
  /** True once for each nonce, within 60 s of its issue. */
  take(nonce: string): boolean;
}

/** One for all transports of a server. Above `capacity` the oldest nonce is forgotten. */
export function createNonceStore(clock: Clock, capacity = CAPACITY): NonceStore {
  // All live equally long, so the order of insertion is the order of expiry, and no timer is needed.
  const expiries = new Map<string, number>();

  function dropExpired(now: number): void {
    for (const [nonce, expiry] of expiries) {
      if (expiry > now && expiries.size < capacity) return;
      expiries.delete(nonce);
    }
  }

  return {
    issue() {
      const now = clock.now();
      dropExpired(now);
      const nonce = randomBytes(NONCE_BYTES).toString('base64');
      expiries.set(nonce, now + LIFETIME_MS);
      return nonce;
    },
    take(nonce) {
      const expiry = expiries.get(nonce);
      return expiries.delete(nonce) && expiry !== undefined && expiry > clock.now();
    },
  };
}
