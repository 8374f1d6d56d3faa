import { describe, expect, it } from 'vitest';
import { type Element, ns, pageElement, readPageRequest, StanzaError } from '#core';

const query = ns('jabber:iq:search');
const rsm = ns('http://jabber.org/protocol/rsm');
const asking = (...children: Element[]) => query('query', {}, rsm('set', {}, children));

describe('a request for a page', () => {
  it.each([
    ['the first items', [rsm('max', {}, '10')], { max: 10 }],
    ['the count', [rsm('max', {}, '0')], { max: 0 }],
    ['what comes after an item', [rsm('max', {}, ' 10\n'), rsm('after', {}, 'peter')], { max: 10, after: 'peter' }],
    ['what comes before an item', [rsm('before', {}, 'peter')], { before: 'peter' }],
    ['the last page', [rsm('max', {}, '10'), rsm('before')], { max: 10, before: '' }],
    ['a position', [rsm('index', {}, '371')], { index: 371 }],
    ['as much as there is', [rsm('max', {}, '2147483647')], { max: 2_147_483_647 }],
    ['nothing in particular', [], {}],
  ])('can be for %s', (_what, children, request) => {
    expect(readPageRequest(asking(...children))).toEqual(request);
  });

  it('is for the first page where there is no set', () => {
    expect(readPageRequest(query('query'))).toEqual({});
    expect(readPageRequest(undefined)).toEqual({});
  });

  it.each(['', 'ten', '-1', '1.5', '1e3', '12345678901'])('with the number "%s" is a bad request', (text) => {
    expect(() => readPageRequest(asking(rsm('max', {}, text)))).toThrow(
      new StanzaError('bad-request', 'max is a number'),
    );
  });
});

describe('a page', () => {
  it('names its first and its last item, and what is known of the set', () => {
    const set = pageElement({ first: 'a', last: 'b', count: 800, index: 0 });
    expect(set).toEqual(
      rsm('set', {}, rsm('first', { index: '0' }, 'a'), rsm('last', {}, 'b'), rsm('count', {}, '800')),
    );
  });

  it('without items names none', () => {
    expect(pageElement({ first: undefined, last: undefined, count: 790 })).toEqual(
      rsm('set', {}, rsm('count', {}, '790')),
    );
  });
});
