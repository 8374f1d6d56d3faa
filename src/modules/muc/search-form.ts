/** XEP-0433 §4.2, §6.1: what a search is for */
import { dataForm, type Element, FilledForm, ns, StanzaError } from '#core';

const BASE = 'urn:xmpp:channel-search:0';
const MUCLUMBUS = 'https://xmlns.zombofant.net/muclumbus/search/1.0';
const error = ns(`${BASE}:error`);

/** How a search is written. */
export interface Dialect {
  readonly ns: string;
  readonly formType: string;
  readonly orders: Readonly<Record<string, 'users' | 'address'>>;
  /** The field that says whether to look at addresses. */
  readonly inAddress: string;
}

/** That of the specification, and the one it was made from (§12), which converse.js speaks. */
export const DIALECTS: readonly Dialect[] = [
  {
    ns: `${BASE}:search`,
    formType: `${BASE}:search-params`,
    orders: { [`{${BASE}:order}nusers`]: 'users', [`{${BASE}:order}address`]: 'address' },
    inAddress: 'sinaddress',
  },
  {
    ns: MUCLUMBUS,
    formType: `${MUCLUMBUS}#params`,
    orders: { nusers: 'users', address: 'address' },
    inAddress: 'sinaddr',
  },
];

export interface Search {
  /** In lower case; each has to be somewhere. */
  readonly words: readonly string[];
  readonly inName: boolean;
  readonly inDescription: boolean;
  readonly inAddress: boolean;
  readonly minUsers: number;
  /** Whether rooms are wanted at all, and not only channels of another kind. */
  readonly isForRooms: boolean;
  readonly order: 'users' | 'address';
}

/** §4.2.1 */
export function searchForm({ formType, orders, inAddress }: Dialect): Element {
  const keys = Object.keys(orders);
  return dataForm('form', formType, [
    { var: 'q', type: 'text-single', label: 'Search for' },
    { var: 'sinname', type: 'boolean', label: 'Search in name', values: ['true'] },
    { var: 'sindescription', type: 'boolean', label: 'Search in description', values: ['true'] },
    { var: inAddress, type: 'boolean', label: 'Search in address', values: ['true'] },
    { var: 'min_users', type: 'text-single', label: 'Minimum number of users', values: ['0'] },
    {
      ...{ var: 'types', type: 'list-multi', label: 'Service types', values: ['xep-0045'] },
      options: [{ value: 'xep-0045', label: 'Multi-User Chat' }],
    },
    {
      ...{ var: 'key', type: 'list-single', label: 'Sort results by', values: keys.slice(0, 1) },
      options: keys.map((value) => ({ value, label: orders[value] ?? value })),
    },
  ]);
}

/** Undefined when the form is asked for (§4.2.1). @throws StanzaError as §4.2.2 has it */
export function readSearch(payload: Element | undefined, dialect: Dialect): Search | undefined {
  const form = FilledForm.in(payload, dialect.formType);
  if (form === undefined) return undefined;
  const types = form.texts('types');
  return {
    words: wordsIn(form),
    inName: form.flag('sinname') ?? true,
    inDescription: form.flag('sindescription') ?? true,
    inAddress: form.flag(dialect.inAddress) ?? true,
    minUsers: numberIn(form, 'min_users'),
    isForRooms: types.length === 0 || types.includes('xep-0045'),
    order: orderIn(form, dialect),
  };
}

function wordsIn(form: FilledForm): string[] {
  const q = form.text('q');
  const isAll = form.flag('all') === true;
  if (isAll && q !== undefined) {
    const application = error('conflicting-fields', {}, error('var', {}, 'all'), error('var', {}, 'q'));
    throw new StanzaError('bad-request', 'either all rooms or a search', { application });
  }
  if (isAll) {
    const application = error('full-set-retrieval-rejected');
    throw new StanzaError('not-allowed', 'service discovery lists all rooms', { application });
  }
  if (q === undefined) {
    throw new StanzaError('bad-request', 'what is looked for?', { application: error('no-search-conditions') });
  }
  const words = q.toLowerCase().split(/\s+/);
  const sensible = words.filter((word) => /[\p{L}\p{N}]/u.test(word));
  if (sensible.length > 0) return sensible;
  const application = error('invalid-search-terms');
  throw new StanzaError('bad-request', 'a search term has a letter or a digit', { application });
}

function numberIn(form: FilledForm, name: string): number {
  const text = form.text(name) ?? '0';
  if (!/^\d{1,9}$/.test(text)) throw new StanzaError('bad-request', `${name} is a number`);
  return Number(text);
}

function orderIn(form: FilledForm, { orders }: Dialect): Search['order'] {
  const key = form.text('key');
  if (key === undefined) return 'users';
  const order = Object.hasOwn(orders, key) ? orders[key] : undefined;
  if (order !== undefined) return order;
  const application = error('invalid-sort-key');
  throw new StanzaError('feature-not-implemented', `there is no order ${key}`, { type: 'modify', application });
}
