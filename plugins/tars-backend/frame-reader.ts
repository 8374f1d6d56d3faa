/** Cuts what comes from a server of Tars into packets, each with its length before it */
import { RpcFault } from 'tharsis/plugin';
import { LENGTH_BYTES } from './packets.ts';

export class FrameReader {
  readonly #most: number;
  #held: Buffer[] = [];
  #heldBytes = 0;

  /** @param most the longest packet, in bytes */
  constructor(most: number) {
    this.#most = most;
  }

  /** The packets that are complete now. @throws RpcFault malformed: a length that cannot be */
  read(bytes: Buffer): Buffer[] {
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    const length = this.#length();
    if (length === undefined || this.#heldBytes < length) return [];
    let all = Buffer.concat(this.#held, this.#heldBytes);
    const frames: Buffer[] = [];
    for (let next: number | undefined = length; next !== undefined && next <= all.length; next = this.#lengthIn(all)) {
      frames.push(all.subarray(0, next));
      all = all.subarray(next);
    }
    this.#held = all.length === 0 ? [] : [all];
    this.#heldBytes = all.length;
    return frames;
  }

  #length(): number | undefined {
    if (this.#heldBytes < LENGTH_BYTES) return undefined;
    if ((this.#held[0] as Buffer).length < LENGTH_BYTES) this.#held = [Buffer.concat(this.#held, this.#heldBytes)];
    return this.#lengthIn(this.#held[0] as Buffer);
  }

  #lengthIn(bytes: Buffer): number | undefined {
    if (bytes.length < LENGTH_BYTES) return undefined;
    const length = bytes.readUInt32BE(0);
    if (length > LENGTH_BYTES && length <= this.#most) return length;
    throw new RpcFault('malformed', `a packet of ${length} bytes`);
  }
}
