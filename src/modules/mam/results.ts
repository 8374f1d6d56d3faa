/** XEP-0313 §4.2, §4.3.2, §5: what an archive answers */
import {
  type ArchiveEntry,
  type ArchiveExtent,
  type ArchiveStore,
  type Element,
  forwarded,
  type Jid,
  type Message,
  message,
  ns,
  pageElement,
  parseStored,
} from '#core';
import { NS_MAM, NS_NUMBERS } from './namespaces.ts';
import type { Page } from './page.ts';
import type { Query } from './query.ts';

const mam = ns(NS_MAM);
const numbers = ns(NS_NUMBERS);

/** §4.2 */
export function resultMessage(entry: ArchiveEntry, { queryId }: Query, from: Jid, to: Jid): Message {
  const result = mam(
    'result',
    { queryid: queryId, id: String(entry.seq) },
    forwarded(parseStored(entry.data), entry.at),
  );
  return message({ from, to }, result);
}

/** §4.3.2. @param count of all that the filter lets through @param extent told to a client that counts */
export function finElement({ entries, isComplete }: Page, count?: number, extent?: ArchiveExtent): Element {
  return mam(
    'fin',
    { complete: isComplete ? 'true' : undefined },
    pageElement({ first: entries[0]?.seq.toString(), last: entries.at(-1)?.seq.toString(), count }),
    extent && numbers('archive', { first: String(extent.first), last: String(extent.last) }),
  );
}

/** §5 */
export async function metadataElement(archive: ArchiveStore, owner: string): Promise<Element> {
  const [start] = await archive.query(owner, { limit: 1 });
  const [end] = await archive.query(owner, { limit: 1, newestFirst: true });
  return mam('metadata', {}, start && boundary('start', start), end && boundary('end', end));
}

function boundary(name: string, { seq, at }: ArchiveEntry): Element {
  return mam(name, { id: String(seq), timestamp: new Date(at).toISOString() });
}
