/** RFC 7622 §3.2: the domainpart: IDNA2008 labels, an IPv4 address or a bracketed IPv6 address. */
import { isIPv6 } from 'node:net';
import { JidError } from './error.ts';
import { toULabels } from './idna.ts';
import { checkLength } from './length.ts';

// NR-LDH labels (RFC 5890 §2.3.1): no "--" in the third and fourth place, so no A-label comes this way. IPv4 does.
const LABEL = '(?!..--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const ASCII = new RegExp(`^(?:${LABEL}\\.)*${LABEL}$`, 'i');

export function prepareDomain(text: string): string {
  // §3.2: one trailing dot is stripped before any other canonicalisation.
  const name = /[.\u3002\uff0e\uff61]$/.test(text) ? text.slice(0, -1) : text;
  if (ASCII.test(name)) return checkLength('domainpart', name.toLowerCase());
  if (name.startsWith('[')) return ipLiteral(name);
  return checkLength('domainpart', toULabels(name));
}

/** §3.2: IP-literal of RFC 3986 §3.2.2; a zone identifier means nothing to another host. */
function ipLiteral(name: string): string {
  const address = name.slice(1, -1);
  if (!name.endsWith(']') || address.includes('%') || !isIPv6(address)) {
    throw new JidError('domainpart is not a bracketed IPv6 address');
  }
  return name.toLowerCase();
}
