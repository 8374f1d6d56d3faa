/** 1011: what the client has handled, and what it has received or its user has seen (XEP-0184, XEP-0333) */
import { attributes, Element, NS_CLIENT, StanzaError } from '#core';
import type { Request } from '../request.ts';
import type { MarsSession } from '../session/mars-session.ts';
import { receiptElement } from '../stanza-mapping/message.ts';

/** Receipts in one request. */
const MOST = 100;

/** The number itself is in the envelope, and is read with every command. */
export function ack(mars: MarsSession, request: Request): void {
  const { payload, to, type } = request.body;
  if (payload.case !== 'ack' || payload.value.ids.length === 0) return request.answer();
  const { ids, receipt } = payload.value;
  if (ids.length > MOST) throw new StanzaError('policy-violation', `at most ${MOST} ids`);
  if (to === '') throw new StanzaError('bad-request', 'receipts are for somebody');
  const receipts: Element[] = ids.map((id) => {
    const attrs = attributes({ to, type: type === '' ? undefined : type });
    return new Element('message', NS_CLIENT, attrs, [receiptElement(receipt, id)]);
  });
  // The first refusal answers the request, else the last one that went on its way.
  const last = receipts.pop() as Element;
  const others = { copied() {}, taken() {}, refused: (error: StanzaError) => request.refuse(error) };
  for (const each of receipts) mars.session.receive(each, others);
  mars.session.receive(last, request);
}
