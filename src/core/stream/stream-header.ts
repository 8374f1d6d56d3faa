/** RFC 6120 §4.7, §4.8: what a client's stream header says */
import { Jid } from '../jid/index.ts';
import { type Element, NS_CLIENT, NS_STREAMS } from '../xml/index.ts';
import { StreamError } from './stream-error.ts';

/** @param user of the stream, once authenticated */
export function headerFault(header: Element, contentNs: string, user: Jid | undefined): StreamError | undefined {
  if (header.ns !== NS_STREAMS) return new StreamError('invalid-namespace');
  if (header.name !== 'stream') return new StreamError('bad-format', 'the root element is stream');
  if (contentNs !== NS_CLIENT) return new StreamError('invalid-namespace', 'the content namespace is jabber:client');
  const version = /^(\d{1,6})\.\d{1,6}$/.exec(header.attr('version') ?? '');
  if (version === null || Number(version[1]) < 1) return new StreamError('unsupported-version');
  const from = header.attr('from');
  if (from !== undefined && user !== undefined && !Jid.tryParse(from)?.bare().equals(user)) {
    return new StreamError('invalid-from');
  }
}

/** The domain the header is to; undefined when it is to anything else. */
export function hostNamed(header: Element): string | undefined {
  const to = header.attr('to');
  const jid = to === undefined || to === '' ? undefined : Jid.tryParse(to);
  return jid?.local === '' && jid.isBare ? jid.domain : undefined;
}

/** Who the client says it will log in as (§4.7.1), without a resource. */
export function claimedUser(header: Element): Jid | undefined {
  const from = header.attr('from');
  const jid = from === undefined ? undefined : Jid.tryParse(from)?.bare();
  return jid?.local === '' ? undefined : jid;
}

/** §4.7.4. It is added to every stanza that has none: what is no language tag (RFC 5646 §4.4.1) would only be ballast. */
export function languageOf(header: Element): string | undefined {
  const lang = header.attr('xml:lang') ?? '';
  return lang.length <= 35 && /^[a-z\d]+(?:-[a-z\d]+)*$/i.test(lang) ? lang : undefined;
}
