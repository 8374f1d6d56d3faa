/** The PROXY protocol, versions 1 and 2 (haproxy.org, proxy-protocol.txt): what a proxy says of the client before its first byte */
import { isIPv4, isIPv6 } from 'node:net';

export interface ProxyHeader {
  /** How many bytes it has. */
  readonly length: number;
  /** IP address of the client; undefined when the connection is the proxy's own, or came to it by no IP stream. */
  readonly source: string | undefined;
}

/** The connection has to be dropped (§2.1, §2.2). */
export class ProxyHeaderError extends Error {
  override readonly name = 'ProxyHeaderError';
}

const V1 = Buffer.from('PROXY ');
/** §2.1: with its CRLF */
const V1_BYTES = 107;
const V2 = Buffer.from('\r\n\r\n\0\r\nQUIT\n');
const V2_FIXED_BYTES = 16;
/** Of both addresses and ports, by family (§2.2). */
const V2_ADDRESS_BYTES = { inet: 12, inet6: 36 } as const;
/** The format allows 65,551; what proxies add to the addresses is well below this. */
const V2_BYTES = 4_096;

/** The header that `bytes` begin with; undefined when they may become one. @throws ProxyHeaderError */
export function readProxyHeader(bytes: Buffer): ProxyHeader | undefined {
  if (beginsLike(bytes, V1)) return readText(bytes);
  if (beginsLike(bytes, V2)) return readBinary(bytes);
  throw new ProxyHeaderError('no PROXY header');
}

/** Whether one is the beginning of the other. */
function beginsLike(bytes: Buffer, signature: Buffer): boolean {
  const length = Math.min(bytes.length, signature.length);
  return bytes.compare(signature, 0, length, 0, length) === 0;
}

/** §2.1 */
function readText(bytes: Buffer): ProxyHeader | undefined {
  const text = bytes.toString('latin1', 0, V1_BYTES);
  const end = text.indexOf('\r\n');
  if (end < 0) {
    if (text.length === V1_BYTES || /[\n]|\r./.test(text)) throw new ProxyHeaderError('the line does not end');
    return undefined;
  }
  const length = end + 2;
  const [, protocol, source = '', destination = '', ...ports] = text.slice(0, end).split(' ');
  if (protocol === 'UNKNOWN') return { length, source: undefined };
  const isAddress = protocol === 'TCP4' ? isIPv4 : protocol === 'TCP6' ? isPlainIPv6 : () => false;
  if (!isAddress(source) || !isAddress(destination) || ports.length !== 2 || !ports.every(isPort)) {
    throw new ProxyHeaderError('the line has another form');
  }
  return { length, source: protocol === 'TCP4' ? source : canonicalIPv6(source) };
}

/** §2.2 */
function readBinary(bytes: Buffer): ProxyHeader | undefined {
  if (bytes.length < V2_FIXED_BYTES) return undefined;
  const [version, command] = halves(bytes.readUInt8(12));
  const [family, protocol] = halves(bytes.readUInt8(13));
  const addressBytes = bytes.readUInt16BE(14);
  const length = V2_FIXED_BYTES + addressBytes;
  if (version !== 2 || command > 1) throw new ProxyHeaderError('another version or command');
  if (length > V2_BYTES) throw new ProxyHeaderError(`more than ${V2_BYTES} bytes`);
  const isLocal = command === 0;
  if (!isLocal && (family > 3 || protocol > 2)) throw new ProxyHeaderError('another family or protocol');
  // UNSPEC, UNIX and datagrams are taken as if there was no header.
  const isStream = !isLocal && protocol === 1;
  const expected = !isStream ? 0 : family === 1 ? V2_ADDRESS_BYTES.inet : family === 2 ? V2_ADDRESS_BYTES.inet6 : 0;
  if (addressBytes < expected) throw new ProxyHeaderError('the addresses are cut off');
  if (bytes.length < length) return undefined;
  // What follows the addresses (§2.2.1 to §2.2.8) is skipped.
  const addresses = bytes.subarray(V2_FIXED_BYTES);
  switch (expected) {
    case V2_ADDRESS_BYTES.inet:
      return { length, source: addresses.subarray(0, 4).join('.') };
    case V2_ADDRESS_BYTES.inet6:
      return { length, source: canonicalIPv6(hexGroups(addresses.subarray(0, 16))) };
    default:
      return { length, source: undefined };
  }
}

function halves(byte: number): [number, number] {
  return [byte >> 4, byte & 15];
}

function isPort(text: string): boolean {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;
}

/** Without a zone, which is no part of an address on the wire. */
function isPlainIPv6(text: string): boolean {
  return isIPv6(text) && !text.includes('%');
}

function hexGroups(address: Buffer): string {
  return address.toString('hex').replace(/(.{4})(?!$)/g, '$1:');
}

/** RFC 5952 §4, §5: one text for one address, and an IPv4 address that is mapped into IPv6 as IPv4. */
function canonicalIPv6(text: string): string {
  const canonical = new URL(`http://[${text}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([\da-f]+):([\da-f]+)$/.exec(canonical) ?? [];
  if (high === undefined || low === undefined) return canonical;
  return [high, low].flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]).join('.');
}
