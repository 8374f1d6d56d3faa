import type { Jid } from '../jid/index.ts';
import type { ArchiveEntry, ArchiveStore } from '../storage/index.ts';
import type { Element } from '../xml/index.ts';

/** What a query for the messages with somebody looks for. */
export interface ArchiveMatch {
  /** As it is in the entries; undefined for any. */
  readonly with?: string | undefined;
  /** … and what else has to be so. */
  readonly test?: ((entry: ArchiveEntry) => boolean) | undefined;
}

/** One archive, as those see it who ask it. */
export interface ArchiveView {
  readonly store: ArchiveStore;
  readonly owner: string;
  /** The id of an entry (XEP-0359). */
  idOf(seq: number): string;
  /** The number of an entry; undefined for what is no id. */
  seqOf(id: string): number | undefined;
  /** §4.1.1 */
  match(wanted: Jid): ArchiveMatch;
  /** The message of an entry, as it is forwarded. */
  show(entry: ArchiveEntry): Element;
}
