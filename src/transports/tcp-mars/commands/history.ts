/** 1016: what came after a number, out of the archive of the user or of a room (XEP-0313, by numbers) */
import { type Element, type Message, ns, parseDateTime, StanzaError, shapeStanza } from '#core';
import type { BodyInit, History } from '#protocol/mars';
import type { Request } from '../request.ts';
import type { MarsSession } from '../session/mars-session.ts';
import { questionElement } from '../session/question-element.ts';
import { toBody } from '../stanza-mapping/stanza.ts';

const NS_MAM = 'urn:xmpp:mam:2';
/** Of the field after-seq and what answers it; docs/archive.md tells of it. */
const NS_NUMBERS = 'urn:x-tharsis:mam';
const NS_RSM = 'http://jabber.org/protocol/rsm';
const NS_FORM = 'jabber:x:data';

const mam = ns(NS_MAM);
const form = ns(NS_FORM);
const rsm = ns(NS_RSM);

const MOST = 100;
/** Messages of a page have about so many bytes at most: the rest comes with the next one. */
const PAGE_BYTES = 65_536;

export function history(mars: MarsSession, request: Request): void {
  const { payload } = request.body;
  if (payload.case !== 'history') throw new StanzaError('bad-request', 'history is missing');
  const page = new Page();
  const queryId = `${request.seq}`;
  const question = questionElement('set', request.body, query(payload.value, queryId));
  mars.ask(request, question, ({ payload: fin }) => request.answer(page.answer(fin)), {
    gather: (message) => page.take(message, queryId),
  });
}

function query({ with: other, after, limit }: History, queryid: string): Element {
  const field = (name: string, value: string, type?: string): Element =>
    form('field', { var: name, type }, form('value', {}, value));
  return mam(
    'query',
    { queryid },
    form(
      'x',
      { type: 'submit' },
      field('FORM_TYPE', NS_MAM, 'hidden'),
      field(`{${NS_NUMBERS}}after-seq`, String(after)),
      other === '' ? undefined : field('with', other),
    ),
    rsm('set', {}, rsm('max', {}, String(Math.min(limit || MOST, MOST)))),
  );
}

class Page {
  readonly #items: BodyInit[] = [];
  /** Number of the last item. */
  #last = '0';
  #bytes = 0;
  #isFull = false;

  /** False when the message is no part of the answer. */
  take(message: Message, queryId: string): boolean {
    const result = message.child('result', NS_MAM);
    if (result?.attrs.queryid !== queryId) return false;
    const forwarded = result.child('forwarded', 'urn:xmpp:forward:0');
    const original = forwarded?.child('message', message.ns);
    if (original === undefined) return true;
    this.#bytes += original.toString().length;
    this.#isFull ||= this.#items.length > 0 && this.#bytes > PAGE_BYTES;
    if (this.#isFull) return true;
    const stamp = parseDateTime(forwarded?.child('delay', 'urn:xmpp:delay')?.attrs.stamp ?? '');
    const by = message.attrs.from ?? '';
    // Of a room, the id is not the number.
    this.#last = result.child('entry', NS_NUMBERS)?.attrs.number ?? result.attrs.id ?? '';
    this.#items.push({
      ...toBody(shapeStanza(original, {})),
      ...itemAddresses(original),
      stanzaId: { id: result.attrs.id ?? '', by },
      ...(stamp !== undefined && { stamp: BigInt(stamp) }),
    });
    return true;
  }

  answer(fin: Element | undefined): BodyInit {
    const newest = fin?.child('archive', NS_NUMBERS)?.attrs.last ?? '0';
    return {
      payload: {
        case: 'historyPage',
        value: {
          items: this.#items,
          newest: numberOf(newest),
          last: numberOf(this.#last),
          complete: fin?.attrs.complete === 'true' && !this.#isFull,
        },
      },
    };
  }
}

/** 0 where an archive of another server does not number. */
function numberOf(text: string): bigint {
  return /^\d{1,18}$/.test(text) ? BigInt(text) : 0n;
}

/** The archive keeps the addresses as they stood in the message. */
function itemAddresses({ attrs: { to = '', from = '' } }: Element): { to: string; from: string } {
  return { to, from };
}
