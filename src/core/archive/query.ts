/** XEP-0313 §4.1, §4.3: what is asked of an archive */
import { parseDateTime } from '../clock/index.ts';
import { dataForm, FilledForm, type FormField } from '../forms/index.ts';
import { readPageRequest } from '../rsm/index.ts';
import { StanzaError } from '../stanza/index.ts';
import { type Element, ns } from '../xml/index.ts';
import { NS_MAM, NS_NUMBERS } from './namespaces.ts';
import type { ArchiveMatch, ArchiveView } from './view.ts';

/** §4.1: which entries. What is undefined does not matter. */
export interface Filter {
  /** Numbers, both exclusive. */
  readonly after: number | undefined;
  readonly before: number | undefined;
  /** Milliseconds since 1970, both inclusive. */
  readonly start: number | undefined;
  readonly end: number | undefined;
  readonly with: ArchiveMatch | undefined;
  /** Numbers of entries that are there. */
  readonly ids: readonly number[] | undefined;
}

export interface Query {
  readonly queryId: string | undefined;
  readonly filter: Filter;
  /** Most entries to answer with; 0 when only their count is wanted. */
  readonly max: number;
  /** The page at the end of what the filter lets through, not at its beginning. */
  readonly isLast: boolean;
  /** §4.3.4 */
  readonly isFlipped: boolean;
  /** Whether the client counts: it has used after-seq. */
  readonly isNumbered: boolean;
}

/** Most entries in a page: of a client that does not say, and of any. */
export interface PageLimits {
  readonly page: number;
  readonly max_page: number;
}

const AFTER_SEQ = `{${NS_NUMBERS}}after-seq`;
const validate = ns('http://jabber.org/protocol/xdata-validate');

/** §4.1.5 */
const FIELDS: readonly FormField[] = [
  { var: 'with', type: 'jid-single' },
  { var: 'start', type: 'text-single' },
  { var: 'end', type: 'text-single' },
  { var: 'before-id', type: 'text-single' },
  { var: 'after-id', type: 'text-single' },
  { var: 'ids', type: 'list-multi', extensions: [validate('validate', { datatype: 'xs:string' }, validate('open'))] },
  { var: 'include-groupchat', type: 'boolean' },
  { var: AFTER_SEQ, type: 'text-single' },
];
const FIELD_NAMES = new Set(FIELDS.map((field) => field.var));

export function queryForm(): Element {
  return dataForm('form', NS_MAM, FIELDS);
}

/**
 * Reads the payload of a query.
 *
 * @throws StanzaError item-not-found for an id that is not in the archive (§4.1.3, §4.3.2), feature-not-implemented for an
 * unknown field (§4.1.5), bad-request, jid-malformed
 */
export async function readQuery(payload: Element | undefined, view: ArchiveView, limits: PageLimits): Promise<Query> {
  const form = FilledForm.in(payload, NS_MAM);
  for (const name of form?.names ?? []) {
    if (!FIELD_NAMES.has(name)) throw new StanzaError('feature-not-implemented', `there is no field ${name}`);
  }
  form?.flag('include-groupchat'); // there are none to leave out
  const { max = limits.page, after, before, index } = readPageRequest(payload);
  if (index !== undefined) throw new StanzaError('feature-not-implemented', 'pages are not known by position');
  const ids = form?.texts('ids');
  if (ids !== undefined && ids.length > limits.max_page) {
    throw new StanzaError('policy-violation', `at most ${limits.max_page} ids`);
  }
  const present = (id: string | undefined) => presentIn(view, id);
  const afterSeq = numberOf(form, AFTER_SEQ);
  const other = form?.jid('with');
  return {
    queryId: payload?.attrs.queryid,
    filter: {
      after: most(await present(after), await present(form?.text('after-id')), afterSeq),
      before: least(await present(before), await present(form?.text('before-id'))),
      start: timeOf(form, 'start'),
      end: timeOf(form, 'end'),
      with: other && view.match(other),
      ids: ids?.length ? ((await Promise.all(ids.map(present))) as number[]) : undefined,
    },
    max: Math.min(max, limits.max_page),
    isLast: before !== undefined,
    isFlipped: payload?.child('flip-page') !== undefined,
    isNumbered: afterSeq !== undefined,
  };
}

/** The number that is the id of an entry. No id, and the empty one that asks for the last page, are no number. */
async function presentIn(view: ArchiveView, id: string | undefined): Promise<number | undefined> {
  if (id === undefined || id === '') return undefined;
  const seq = view.seqOf(id);
  if (seq === undefined || (await view.store.get(view.owner, seq)) === undefined) {
    throw new StanzaError('item-not-found', `there is no message ${id}`);
  }
  return seq;
}

function numberOf(form: FilledForm | undefined, name: string): number | undefined {
  const text = form?.text(name);
  if (text === undefined) return undefined;
  if (!/^(?:0|[1-9]\d{0,14})$/.test(text)) throw new StanzaError('bad-request', `${name} is a number`);
  return Number(text);
}

function timeOf(form: FilledForm | undefined, name: string): number | undefined {
  const text = form?.text(name);
  if (text === undefined) return undefined;
  const ms = parseDateTime(text);
  if (ms === undefined) throw new StanzaError('bad-request', `${name} is a date and time`);
  return ms;
}

function most(...numbers: readonly (number | undefined)[]): number | undefined {
  const known = numbers.filter((number) => number !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

function least(...numbers: readonly (number | undefined)[]): number | undefined {
  const known = numbers.filter((number) => number !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
