/** XEP-0433 §4.2, §6.1: what a search is for */
import { dataForm, type Element, FilledForm, ns, StanzaError } from '#core';

export const NS_SEARCH = 'urn:xmpp:channel-search:0:search';
const NS_PARAMS = 'urn:xmpp:channel-search:0:search-params';
const error = ns('urn:xmpp:channel-search:0:error');
const ORDERS = {
  '{urn:xmpp:channel-search:0:order}nusers': 'users',
  '{urn:xmpp:channel-search:0:order}address': 'address',
} as const;

export interface Search {
  /** In lower case; each has to be somewhere. */
  readonly words: readonly string[];
  readonly inName: boolean;
  readonly inDescription: boolean;
  readonly inAddress: boolean;
  readonly order: (typeof ORDERS)[keyof typeof ORDERS];
}

/** §4.2.1 */
export function searchForm(): Element {
  const [order = ''] = Object.keys(ORDERS);
  return dataForm('form', NS_PARAMS, [
    { var: 'q', type: 'text-single', label: 'Search for' },
    { var: 'sinname', type: 'boolean', label: 'Search in name', values: ['true'] },
    { var: 'sindescription', type: 'boolean', label: 'Search in description', values: ['true'] },
    { var: 'sinaddress', type: 'boolean', label: 'Search in address', values: ['true'] },
    {
      ...{ var: 'types', type: 'list-multi', label: 'Service types', values: ['xep-0045'] },
      options: [{ value: 'xep-0045', label: 'Multi-User Chat' }],
    },
    {
      ...{ var: 'key', type: 'list-single', label: 'Sort results by', values: [order] },
      options: Object.entries(ORDERS).map(([value, label]) => ({ value, label })),
    },
  ]);
}

/** Undefined when the form is asked for (§4.2.1). @throws StanzaError as §4.2.2 has it */
export function readSearch(payload: Element | undefined): Search | undefined {
  const form = FilledForm.in(payload, NS_PARAMS);
  if (form === undefined) return undefined;
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
  const words = q
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => /[\p{L}\p{N}]/u.test(word));
  if (words.length === 0) {
    const application = error('invalid-search-terms');
    throw new StanzaError('bad-request', 'a search term has a letter or a digit', { application });
  }
  return {
    words,
    inName: form.flag('sinname') ?? true,
    inDescription: form.flag('sindescription') ?? true,
    inAddress: form.flag('sinaddress') ?? true,
    order: orderOf(form),
  };
}

function orderOf(form: FilledForm): Search['order'] {
  const key = form.text('key');
  if (key === undefined) return 'users';
  if (Object.hasOwn(ORDERS, key)) return ORDERS[key as keyof typeof ORDERS];
  const application = error('invalid-sort-key');
  throw new StanzaError('feature-not-implemented', `there is no order ${key}`, { type: 'modify', application });
}
