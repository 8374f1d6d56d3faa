/** XEP-0059: Result Set Management */
import { StanzaError } from '../stanza/index.ts';
import { type Element, ns } from '../xml/index.ts';

export const NS_RSM = 'http://jabber.org/protocol/rsm';
const rsm = ns(NS_RSM);

/** What part of a result set is asked for. Without any of it, the first page. */
export interface PageRequest {
  /** Most items wanted (§2.1); 0 asks for the count alone (§2.7). */
  readonly max?: number;
  /** The items after the one with this UID (§2.2). */
  readonly after?: string;
  /** The items before the one with this UID (§2.3); '' for the last page (§2.5). */
  readonly before?: string;
  /** The items from this position on (§2.6). */
  readonly index?: number;
}

/** What a page that is answered holds. `count` and `index` are told where they are known without much work. */
export interface PageInfo {
  /** UIDs of the first and the last item; undefined for an empty page. */
  readonly first: string | undefined;
  readonly last: string | undefined;
  /** Items of the whole set, which may be approximate. */
  readonly count?: number | undefined;
  /** Position of the first item in the whole set. */
  readonly index?: number | undefined;
}

/** The <set/> of a request; an empty one when there is none. @throws StanzaError bad-request for what is no number */
export function readPageRequest(query: Element | undefined): PageRequest {
  const set = query?.child('set', NS_RSM);
  const [max, index] = [numberIn(set, 'max'), numberIn(set, 'index')];
  const [after, before] = [set?.childText('after'), set?.childText('before')];
  return {
    ...(max !== undefined && { max }),
    ...(after !== undefined && { after }),
    ...(before !== undefined && { before }),
    ...(index !== undefined && { index }),
  };
}

/** The <set/> of an answer (§2.2). */
export function pageElement({ first, last, count, index }: PageInfo): Element {
  return rsm(
    'set',
    {},
    first === undefined ? undefined : rsm('first', { index: index?.toString() }, first),
    last === undefined ? undefined : rsm('last', {}, last),
    count === undefined ? undefined : rsm('count', {}, String(count)),
  );
}

function numberIn(set: Element | undefined, name: string): number | undefined {
  const text = set?.childText(name)?.trim();
  if (text === undefined) return undefined;
  // §8: xs:int, of which clients send the largest when they want all there is.
  if (!/^\d{1,10}$/.test(text)) throw new StanzaError('bad-request', `${name} is a number`);
  return Number(text);
}
