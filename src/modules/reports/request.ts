/** docs/protocol/reports.md §3: what a report says */
import { type Element, Jid, JidError, NS_STANZA_ID, StanzaError } from '#core';

export const NS_REPORTS = 'urn:x-tharsis:reports';
const MAX_TEXT = 2_000;
const MAX_REASON = 200;

export interface ReportRequest {
  /** Bare. */
  readonly about: Jid;
  readonly reason: string;
  readonly text: string | undefined;
  /** By which the archive of the user knows the message. */
  readonly id: string | undefined;
}

/** @throws StanzaError bad-request, jid-malformed, not-acceptable */
export function readReport(payload: Element | undefined, user: Jid): ReportRequest {
  const reason = payload?.attr('reason') ?? '';
  if (reason === '') throw new StanzaError('bad-request', 'a report has a reason');
  const text = payload?.childText('text');
  if (reason.length > MAX_REASON || (text?.length ?? 0) > MAX_TEXT) {
    throw new StanzaError('not-acceptable', `a reason has at most ${MAX_REASON} characters, a text ${MAX_TEXT}`);
  }
  const message = payload?.child('stanza-id', NS_STANZA_ID);
  if (message !== undefined && message.attr('by') !== user.toString()) {
    throw new StanzaError('not-acceptable', 'the message is known by an id that your own archive gave it');
  }
  return { about: jidIn(payload), reason, text, id: message === undefined ? undefined : (message.attr('id') ?? '') };
}

function jidIn(payload: Element | undefined): Jid {
  const text = payload?.attr('jid') ?? '';
  if (text === '') throw new StanzaError('bad-request', 'a report says about whom');
  try {
    return Jid.parse(text).bare();
  } catch (cause) {
    if (cause instanceof JidError) throw new StanzaError('jid-malformed', `${text}: ${cause.message}`, { cause });
    throw cause;
  }
}
