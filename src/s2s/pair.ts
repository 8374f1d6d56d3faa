/** XEP-0220 §1: a pair of domains, which is what a stream is authorised for */
import { Jid } from '#core';

export interface Pair {
  /** One of our domains. */
  readonly local: string;
  readonly remote: string;
}

export function keyOf({ local, remote }: Pair): string {
  return `${local} ${remote}`;
}

/** The domain that the whole text is; undefined for anything else. */
export function domainOf(text: string | undefined): string | undefined {
  const jid = text === undefined ? undefined : Jid.tryParse(text);
  return jid?.local === '' && jid.isBare ? jid.domain : undefined;
}

/**
 * The domain of an address whose other parts may be malformed, as other servers prepare them by other rules; none of them may
 * be empty.
 */
export function domainWithin(address: string | undefined): string | undefined {
  const [, domain] = /^(?:[^@/]+@)?([^@/]+)(?:\/.+)?$/s.exec(address ?? '') ?? [];
  return domainOf(domain);
}
