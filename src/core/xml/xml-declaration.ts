/** XML 1.0 §2.8 and RFC 6120 §11.5, §11.6: the XML declaration. */
import { XmlError } from './error.ts';

const DECLARATION =
  /^<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*(?:'1\.0'|"1\.0")(?:[ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*(["'])([A-Za-z][\w.-]*)\1)?(?:[ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*(["'])(?:yes|no)\3)?[ \t\r\n]*\?>$/;

/** Refuses everything but XML 1.0 in UTF-8; the text runs from `<?` to `>`. */
export function checkDeclaration(text: string): void {
  if (!/^<\?xml[ \t\r\n]/.test(text)) throw new XmlError('restricted-xml', 'processing instruction'); // RFC 6120 §11.1
  const match = DECLARATION.exec(text);
  if (match === null) throw new XmlError('not-well-formed', 'XML declaration');
  const encoding = match[2];
  if (encoding !== undefined && encoding.toUpperCase() !== 'UTF-8') {
    throw new XmlError('unsupported-encoding', 'XML declaration with an encoding other than UTF-8');
  }
}
