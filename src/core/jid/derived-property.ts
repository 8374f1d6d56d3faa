/**
 * RFC 8264 §8 and RFC 5892 §3: which code points a string class and a domain label allow. The categories are Unicode
 * properties, so the answer follows the Unicode version of the running Node. Each expression tests one character.
 */
import { lazily } from './lazily.ts';

// RFC 5892 §2.6, the same in RFC 8264 §9.6. The contextual ones are allowed here and judged by context.ts.
const EXCEPTIONS_ALLOWED = '\\u{df}\\u{3c2}\\u{6fd}\\u{6fe}\\u{f0b}\\u{3007}';
const EXCEPTIONS_CONTEXT = '\\u{b7}\\u{375}\\u{5f3}\\u{5f4}\\u{30fb}\\u{660}-\\u{669}\\u{6f0}-\\u{6f9}';
const EXCEPTIONS_DISALLOWED = '\\u{640}\\u{7fa}\\u{302e}\\u{302f}\\u{3031}-\\u{3035}\\u{303b}';
const JOIN_CONTROL = '\\u{200c}\\u{200d}';
// Hangul_Syllable_Type L, V and T, without property escape in ECMAScript: the three Jamo blocks.
const OLD_HANGUL_JAMO = '\\u{1100}-\\u{11ff}\\u{a960}-\\u{a97c}\\u{d7b0}-\\u{d7c6}\\u{d7cb}-\\u{d7fb}';
const LETTER_DIGITS = '\\p{Ll}\\p{Lu}\\p{Lo}\\p{Nd}\\p{Lm}\\p{Mn}\\p{Mc}';
const IGNORABLE = '\\p{Default_Ignorable_Code_Point}\\p{Noncharacter_Code_Point}';
// RFC 5892 §2.4: combining marks for symbols, and two blocks of musical notation.
const IGNORABLE_BLOCKS = '\\u{20d0}-\\u{20ff}\\u{1d100}-\\u{1d24f}';

const EXCEPTIONS = `${EXCEPTIONS_ALLOWED}${EXCEPTIONS_CONTEXT}${JOIN_CONTROL}`;

/** IdentifierClass (RFC 8264 §4.2) of a character without a compatibility decomposition, see hasCompat. */
export const IDENTIFIER = lazily(
  `^(?:[${EXCEPTIONS}!-~]|(?![${EXCEPTIONS_DISALLOWED}${OLD_HANGUL_JAMO}${IGNORABLE}])[${LETTER_DIGITS}])$`,
);

/** FreeformClass (RFC 8264 §4.3); a compatibility decomposition is no obstacle there. */
export const FREEFORM = lazily(
  `^(?:[${EXCEPTIONS} -~]|(?![${EXCEPTIONS_DISALLOWED}${OLD_HANGUL_JAMO}${IGNORABLE}])[\\p{L}\\p{M}\\p{N}\\p{Zs}\\p{S}\\p{P}])$`,
);

/**
 * PVALID and CONTEXT of RFC 5892 §3. Unstable (§2.2) asks whether NFKC and case folding change a code point, which is
 * the property Changes_When_NFKC_Casefolded.
 */
export const LABEL = lazily(
  `^(?:[${EXCEPTIONS}\\-0-9a-z]|(?![${EXCEPTIONS_DISALLOWED}${OLD_HANGUL_JAMO}${IGNORABLE}${IGNORABLE_BLOCKS}\\p{Changes_When_NFKC_Casefolded}])[${LETTER_DIGITS}])$`,
);

/** RFC 8264 §9.17. */
export function hasCompat(character: string): boolean {
  return character.normalize('NFKC') !== character;
}

/** As "U+0041", for messages: what is refused is often invisible. */
export function showCodePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
