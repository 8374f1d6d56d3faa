/** RFC 4291 §2.2: which part of an IP address stands for one host, and which for one network */
import { isIPv6 } from 'node:net';

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** An IPv4 address; the /64 of an IPv6 address, since one host has all of it. Anything else stays as it is. */
export function hostOf(address: string): string {
  return groupsOf(address)?.slice(0, 4).join(':') ?? unmapped(address);
}

/** The /24 of an IPv4 address, the /48 of an IPv6 address: what one customer of a provider commonly has. */
export function networkOf(address: string): string {
  return groupsOf(address)?.slice(0, 3).join(':') ?? unmapped(address).replace(/^(\d+\.\d+\.\d+)\.\d+$/, '$1');
}

function unmapped(address: string): string {
  return MAPPED.exec(address)?.[1] ?? address;
}

/** The groups of an IPv6 address; undefined for any other. An IPv4 tail counts as one, which the prefixes never reach. */
function groupsOf(address: string): readonly string[] | undefined {
  if (!isIPv6(address) || MAPPED.test(address)) return undefined;
  const [head = '', tail] = address.toLowerCase().split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail ? tail.split(':') : [];
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  return [...before, ...Array<string>(zeros).fill('0'), ...after].map((group) => group.replace(/^0+(?=.)/, ''));
}
