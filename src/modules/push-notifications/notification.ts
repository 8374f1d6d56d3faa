/** XEP-0357 §7: what a push service is told */
import { dataForm, type Element, type FormField, type Message, ns, parseStored } from '#core';
import type { Registration } from './registrations.ts';

export const NS_PUSH = 'urn:xmpp:push:0';
export const NS_PUBSUB = 'http://jabber.org/protocol/pubsub';
const push = ns(NS_PUSH);
const pubsub = ns(NS_PUBSUB);

/** §11.3.1; what else there is leaves the server only where the operator wants it (§9). */
export const SUMMARY = ['message-count', 'last-message-sender', 'last-message-body'] as const;
export type SummaryField = (typeof SUMMARY)[number];

/** Enough for what a notification can show, in characters. */
const LONGEST_BODY = 1_000;

/** What one notification is about. */
export interface News {
  readonly messages: number;
  readonly sender?: string;
  readonly body?: string;
}

/** Of one message more, with what may be told of it. */
export function newsOf(message: Message, before: News | undefined, told: readonly SummaryField[]): News {
  const sender = told.includes('last-message-sender') ? message.from?.toString() : undefined;
  const body = told.includes('last-message-body') ? message.childText('body') : undefined;
  return {
    messages: (before?.messages ?? 0) + 1,
    ...(sender && { sender }),
    ...(body && { body: [...body.slice(0, 2 * LONGEST_BODY)].slice(0, LONGEST_BODY).join('') }),
  };
}

export function publish({ node, options }: Registration, news: News, told: readonly SummaryField[]): Element {
  return pubsub(
    'pubsub',
    {},
    pubsub(
      'publish',
      { node: node || undefined },
      pubsub('item', {}, push('notification', {}, told.length === 0 ? undefined : summary(news, told))),
    ),
    options === undefined ? undefined : pubsub('publish-options', {}, parseStored(options)),
  );
}

function summary({ messages, sender, body }: News, told: readonly SummaryField[]): Element {
  const fields: FormField[] = [];
  if (told.includes('message-count')) {
    fields.push({ var: 'message-count', type: 'text-single', values: [String(messages)] });
  }
  if (sender !== undefined) fields.push({ var: 'last-message-sender', type: 'jid-single', values: [sender] });
  if (body !== undefined) fields.push({ var: 'last-message-body', type: 'text-single', values: [body] });
  return dataForm('result', 'urn:xmpp:push:summary', fields);
}
