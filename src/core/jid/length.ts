/** RFC 7622 §3.1: the length of a part. */
import { JidError } from './error.ts';

const MAX_BYTES = 1023;

/** Returns `prepared` when it is 1 to 1023 octets of UTF-8, which is what §3.2-§3.4 ask of each part after preparation. */
export function checkLength(part: string, prepared: string): string {
  if (prepared === '') throw new JidError(`${part} is empty`);
  // UTF-8 takes at most three octets per UTF-16 code unit, so most strings need no counting.
  if (prepared.length * 3 > MAX_BYTES && Buffer.byteLength(prepared) > MAX_BYTES) {
    throw new JidError(`${part} is longer than ${MAX_BYTES} octets`);
  }
  return prepared;
}
