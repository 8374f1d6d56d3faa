/** RFC 8264 §5.2.1: the width mapping rule. */

/**
 * Fullwidth and halfwidth code points become their decompositions. NFKC goes further than that for U+FFE3 and halfwidth
 * Hangul, but whatever they become is disallowed in an IdentifierClass and in a domain label.
 */
export function mapWidth(text: string): string {
  return text.replace(/[\u3000\uff01-\uffee]+/g, (wide) => wide.normalize('NFKC'));
}
