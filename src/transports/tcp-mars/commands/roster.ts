/** 1014: the contact list (RFC 6121 §2) */
import { type Element, StanzaError } from '#core';
import type { Request } from '../request.ts';
import type { MarsSession } from '../session/mars-session.ts';
import { questionElement } from '../session/question-element.ts';
import { toExtension } from '../stanza-mapping/extension.ts';
import { readRoster, rosterQuery } from '../stanza-mapping/roster.ts';

export function roster(mars: MarsSession, request: Request): void {
  const { id, type, payload } = request.body;
  if (payload.case !== 'roster' && payload.case !== undefined)
    throw new StanzaError('bad-request', 'roster is missing');
  const { ver, items = [] } = payload.value ?? {};
  // The list is one's own, whatever the envelope says.
  const own = { id, to: '' };
  switch (type) {
    case '':
    case 'get': {
      const query = rosterQuery(ver === undefined ? {} : { ver });
      return mars.ask(request, questionElement('get', own, query), ({ payload: list }) => {
        // §2.6.3: an empty result says that nothing has changed.
        answer(request, list, ver);
      });
    }
    case 'set':
      if (items.length !== 1) throw new StanzaError('bad-request', 'one item is changed at a time');
      return mars.ask(request, questionElement('set', own, rosterQuery({ items })), () => request.answer());
    default:
      throw new StanzaError('bad-request', 'the type is get or set');
  }
}

function answer(request: Request, list: Element | undefined, ver: string | undefined): void {
  if (list === undefined) {
    return request.answer({ payload: { case: 'roster', value: ver === undefined ? {} : { ver } } });
  }
  const value = readRoster(list);
  if (value !== undefined) return request.answer({ payload: { case: 'roster', value } });
  request.answer({ ext: [toExtension(list)], payload: { case: 'roster', value: {} } });
}
