/** XEP-0115 §5.1: the verification string */
import { createHash } from 'node:crypto';
import type { DiscoInfo } from '#modules/disco';

/** S of §5.1, of which the hash is taken. Our identities have no xml:lang, and we send no forms of XEP-0128. */
export function verificationString({ identities, features }: DiscoInfo): string {
  const described = identities.map(({ category, type, name = '' }) => `${category}/${type}//${name}`);
  return [...described.sort(byOctets), ...[...features].sort(byOctets)].map((part) => `${part}<`).join('');
}

/** In SHA-1, which every implementation has to know (§9.1). */
export function hashOf(text: string): string {
  return createHash('sha1').update(text).digest('base64');
}

/** i;octet, RFC 4790 §9.3. */
function byOctets(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
