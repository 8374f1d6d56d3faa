/** A client's view of a message archive (XEP-0313) */
import { type Element, ns, StanzaError } from '#core';
import type { TestClient } from './test-host.ts';

const NS_MAM = 'urn:xmpp:mam:2';
export const mam = ns(NS_MAM);
const data = ns('jabber:x:data');
export const rsm = ns('http://jabber.org/protocol/rsm');

export interface Archived {
  /** Its stanza-id. */
  readonly id: string;
  /** As XEP-0082 has it. */
  readonly stamp: string | undefined;
  readonly queryId: string | undefined;
  readonly message: Element;
}

export interface Answer {
  readonly results: readonly Archived[];
  readonly isComplete: boolean;
  readonly first: string | undefined;
  readonly last: string | undefined;
  readonly count: string | undefined;
  readonly fin: Element;
}

/** Fields of the form by name; children of the query beside the form. */
export async function query(
  client: TestClient,
  fields: Record<string, string | readonly string[]> = {},
  ...children: Element[]
): Promise<Answer> {
  client.take();
  const iq = await client.request('set', mam('query', { queryid: 'q' }, form(fields), children));
  if (iq.type === 'error') throw StanzaError.from(iq);
  const fin = iq.payload?.child('fin') ?? (iq.payload as Element);
  const set = fin.child('set', rsm('set').ns);
  return {
    results: client.takeStanzas().flatMap((stanza) => archivedIn(stanza)),
    isComplete: fin.attrs.complete === 'true',
    first: set?.childText('first'),
    last: set?.childText('last'),
    count: set?.childText('count'),
    fin,
  };
}

export const bodies = ({ results }: Answer) => results.map(({ message }) => message.childText('body'));

/** The condition a query is refused with. */
export async function refusal(answer: Promise<unknown>): Promise<string> {
  const error = await answer.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof StanzaError) return error.condition;
  throw new Error('it was not refused', { cause: error });
}

export const page = (...children: Element[]) => rsm('set', {}, children);
export const max = (count: number) => rsm('max', {}, String(count));

function form(fields: Record<string, string | readonly string[]>): Element | undefined {
  const names = Object.entries(fields);
  if (names.length === 0) return undefined;
  const field = ([name, values]: [string, string | readonly string[]]) =>
    data(
      'field',
      { var: name },
      [values].flat().map((value) => data('value', {}, value)),
    );
  return data('x', { type: 'submit' }, field(['FORM_TYPE', NS_MAM]), names.map(field));
}

function archivedIn(stanza: Element): Archived[] {
  const result = stanza.child('result', NS_MAM);
  const forwarded = result?.child('forwarded', 'urn:xmpp:forward:0');
  const message = forwarded?.child('message', 'jabber:client');
  if (result === undefined || message === undefined) return [];
  const stamp = forwarded?.child('delay', 'urn:xmpp:delay')?.attrs.stamp;
  return [{ id: result.attrs.id ?? '', stamp, queryId: result.attrs.queryid, message }];
}
