/** RFC 5892 Appendix A: the contextual rules, shared by IDNA2008 and PRECIS. */
import { JOINS_BACKWARD, JOINS_FORWARD, VIRAMA } from './joining.gen.ts';
import { lazily } from './lazily.ts';

const CONTEXTUAL = /[\u00b7\u0375\u05f3\u05f4\u0660-\u0669\u06f0-\u06f9\u200c-\u200d\u30fb]/;
const KANA_OR_HAN = /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u;
const ARABIC_INDIC_DIGIT = /[\u0660-\u0669]/;
const EXTENDED_ARABIC_INDIC_DIGIT = /[\u06f0-\u06f9]/;
const JUDGED_BY_NEIGHBOURS = /[\u00b7\u0375\u05f3\u05f4\u200c-\u200d]/;

/**
 * A.1 to A.6: the characters whose neighbours permit them. Joining_Type T is Mn, Me and Cf by definition, and no Cf but
 * the joiners themselves gets this far.
 */
const WELL_PLACED = lazily(
  [
    `(?<=[${VIRAMA}])[\\u200c\\u200d]`,
    // The joiner first, and then what was before it: asked the other way round, each mark of a long run is a new start.
    `\\u200c(?<=[${JOINS_FORWARD}][\\p{Mn}\\p{Me}]*\\u200c)(?=[\\p{Mn}\\p{Me}]*[${JOINS_BACKWARD}])`,
    '(?<=l)\\u00b7(?=l)',
    '\\u0375(?=\\p{Script=Greek})',
    '(?<=\\p{Script=Hebrew})[\\u05f3\\u05f4]',
  ].join('|'),
  'gu',
);

/** The first character that stands where it may not. */
export function findContextViolation(text: string): string | undefined {
  if (!CONTEXTUAL.test(text)) return undefined;
  if (text.includes('\u30fb') && !KANA_OR_HAN.test(text)) return '\u30fb'; // A.7
  if (EXTENDED_ARABIC_INDIC_DIGIT.test(text)) {
    const mixed = ARABIC_INDIC_DIGIT.exec(text); // A.8, A.9
    if (mixed !== null) return mixed[0];
  }
  return JUDGED_BY_NEIGHBOURS.exec(text.replace(WELL_PLACED(), ''))?.[0];
}
