/** docs/adr/0005-archive-numbers.md: ids that strangers see do not show how many messages there are */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { GenerationCache, type Host } from '#core';

/** Rooms whose mark is at hand. */
const CACHED_MARKS = 2_000;
const HALF = 8;

/** The number of a message, encrypted together with the room it is in: unique, and never the same for another. */
export class ArchiveIds {
  readonly #encrypt;
  readonly #decrypt;
  readonly #marks = new GenerationCache<Buffer>(CACHED_MARKS);

  /** @param key 16 bytes */
  constructor(key: Buffer) {
    // One block each time: there is no more than that to chain.
    this.#encrypt = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
    this.#decrypt = createDecipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  }

  toText(room: string, seq: number): string {
    const block = Buffer.alloc(2 * HALF);
    this.#mark(room).copy(block);
    block.writeBigUInt64BE(BigInt(seq), HALF);
    return this.#encrypt.update(block).toString('base64url');
  }

  /** Undefined for what never was an id in this room. */
  toSeq(room: string, text: string): number | undefined {
    const given = Buffer.from(text, 'base64url');
    if (given.length !== 2 * HALF || given.toString('base64url') !== text) return undefined;
    const block = this.#decrypt.update(given);
    if (!block.subarray(0, HALF).equals(this.#mark(room))) return undefined;
    return Number(block.readBigUInt64BE(HALF));
  }

  #mark(room: string): Buffer {
    const known = this.#marks.get(room);
    if (known !== undefined) return known;
    const mark = createHash('sha256').update(room).digest().subarray(0, HALF);
    this.#marks.set(room, mark);
    return mark;
  }
}

/** With the key of this service, which is made once. */
export async function loadArchiveIds(host: Host): Promise<ArchiveIds> {
  const keys = host.store.map<string>('muc-key');
  const key = await keys.update('archive', '', (present) => present ?? randomBytes(2 * HALF).toString('base64url'));
  return new ArchiveIds(Buffer.from(key ?? '', 'base64url'));
}
