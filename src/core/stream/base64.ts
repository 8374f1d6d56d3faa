/** RFC 6120 §6.4.2, XEP-0388 §2.2: the data of mechanisms in XML */
import { SaslError } from '../auth/index.ts';

export function encodeBase64(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.length).toString('base64');
}

/** §13.9.1: the alphabet and the padding are checked. @throws SaslError incorrect-encoding */
export function decodeBase64(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) throw new SaslError('incorrect-encoding');
  return bytes;
}
