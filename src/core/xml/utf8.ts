/** RFC 3629 and RFC 6120 §11.6: bytes as text, across the borders of packets. */
import { isUtf8 } from 'node:buffer';
import { XmlError } from './error.ts';

/** How many bytes at the end begin a character that is not complete. */
export function incompleteTail(bytes: Buffer): number {
  const most = Math.min(3, bytes.length);
  for (let back = 1; back <= most; back++) {
    const byte = bytes[bytes.length - back] as number;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < lengthOf(byte) ? back : 0;
  }
  return 0;
}

/** Whole characters as a string. */
export function decodeUtf8(bytes: Buffer): string {
  // RFC 6120 §4.9.3.22 counts violations of UTF-8 among the unsupported encodings.
  if (!isUtf8(bytes)) throw new XmlError('unsupported-encoding', 'invalid UTF-8');
  return bytes.toString('utf8');
}

/** The length of the sequence that a lead byte announces. Bytes that can lead none are left to `decodeUtf8`. */
function lengthOf(lead: number): number {
  if (lead < 0xc2 || lead > 0xf4) return 1;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}
