/** XEP-0160 §2: what waits for the users of a host, in the order it came */
import { type ArchiveEntry, type ArchiveStore, type Awaitable, type Jid, type Message, whenDone } from '#core';

const BATCH_MESSAGES = 100;
const BATCH_SIZE = 262_144;

export interface SpoolLimits {
  readonly max_messages: number;
  /** In characters of their XML. */
  readonly max_size: number;
}

export class Spool {
  readonly #archive: ArchiveStore;
  readonly #limits: SpoolLimits;

  constructor(archive: ArchiveStore, limits: SpoolLimits) {
    this.#archive = archive;
    this.#limits = limits;
  }

  /**
   * Answers with the number it has here; undefined when the user has no room for it (step 3).
   *
   * @param at when it came, in milliseconds since 1970
   */
  add({ local }: Jid, message: Message, at: number): Awaitable<number | undefined> {
    const data = message.toString();
    return whenDone(this.#archive.extent(local), ({ first, last, size }) => {
      const messages = last === 0 ? 0 : last - first + 1;
      if (messages >= this.#limits.max_messages || size + data.length > this.#limits.max_size) return undefined;
      return this.#archive.append(local, { at, with: '', data });
    });
  }

  /** The oldest: as many as the memory and a link take at a time, and one at least unless there is none. */
  batch({ local }: Jid): Awaitable<readonly ArchiveEntry[]> {
    return whenDone(this.#archive.query(local, { limit: BATCH_MESSAGES }), (entries) => {
      let size = 0;
      const tooMany = entries.findIndex(({ data }) => {
        size += data.length;
        return size > BATCH_SIZE;
      });
      return tooMany < 0 ? entries : entries.slice(0, Math.max(1, tooMany));
    });
  }

  /** Takes those up to a number out; resolves after the commit. */
  async remove({ local }: Jid, upTo: number): Promise<void> {
    while ((await this.#archive.trim(local, upTo)) > 0);
  }

  purge({ local }: Jid): Promise<void> {
    return this.#archive.purge(local);
  }
}
