/** XEP-0313 §4.2, §4.3.2, §5: what an archive answers */
import type { Jid } from '../jid/index.ts';
import { pageElement } from '../rsm/index.ts';
import { forwarded, type Message, message } from '../stanza/index.ts';
import type { ArchiveEntry, ArchiveExtent } from '../storage/index.ts';
import { type Element, ns } from '../xml/index.ts';
import { NS_MAM, NS_NUMBERS } from './namespaces.ts';
import type { Page } from './page.ts';
import type { Query } from './query.ts';
import type { ArchiveView } from './view.ts';

const mam = ns(NS_MAM);
const numbers = ns(NS_NUMBERS);

/** §4.2. A client that counts is told the number where that is not the id. */
export function resultMessage(view: ArchiveView, entry: ArchiveEntry, query: Query, from: Jid, to: Jid): Message {
  const { queryId: queryid, isNumbered } = query;
  const [id, number] = [view.idOf(entry.seq), String(entry.seq)];
  const result = mam(
    'result',
    { queryid, id },
    forwarded(view.show(entry), entry.at),
    isNumbered && id !== number ? numbers('entry', { number }) : undefined,
  );
  return message({ from, to }, result);
}

/** §4.3.2. @param count of all that the filter lets through @param extent told to a client that counts */
export function finElement(
  view: ArchiveView,
  { entries, isComplete }: Page,
  count?: number,
  extent?: ArchiveExtent,
): Element {
  const [first, last] = [entries[0], entries.at(-1)].map((entry) => entry && view.idOf(entry.seq));
  return mam(
    'fin',
    { complete: isComplete ? 'true' : undefined },
    pageElement({ first, last, count }),
    extent && numbers('archive', { first: String(extent.first), last: String(extent.last) }),
  );
}

/** §5 */
export async function metadataElement(view: ArchiveView): Promise<Element> {
  const [start] = await view.store.query(view.owner, { limit: 1 });
  const [end] = await view.store.query(view.owner, { limit: 1, newestFirst: true });
  return mam('metadata', {}, start && boundary(view, 'start', start), end && boundary(view, 'end', end));
}

function boundary(view: ArchiveView, name: string, { seq, at }: ArchiveEntry): Element {
  return mam(name, { id: view.idOf(seq), timestamp: new Date(at).toISOString() });
}
