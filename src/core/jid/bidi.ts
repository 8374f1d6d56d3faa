/** RFC 5893 §2: the Bidi rule for domain labels and, by RFC 8264 §5.2.5, for usernames. */
import { lazily } from './lazily.ts';

/*
 * ECMAScript has no escape for Bidi_Class. Among the code points an IdentifierClass or a label allows, these classes
 * tell them apart exactly: Unicode reserves blocks for right-to-left scripts, and all that is neither a mark nor an
 * Arabic number in them is R or AL; elsewhere what is neither number, mark nor one of the neutrals named here is L.
 */
const RTL_BLOCKS = '\\u0590-\\u08ff\\ufb1d-\\ufdff\\ufe70-\\ufeff\\u{10800}-\\u{10fff}\\u{1e800}-\\u{1efff}';
const AN = '\\u0660-\\u0669\\u{10d30}-\\u{10d39}\\u{10d40}-\\u{10d49}';
const EN = '0-9\\u06f0-\\u06f9';
// ES, CS, ET, ON and BN: the rule never tells these five apart.
const NEUTRAL =
  '!-\\/:-@\\[-`\\{-~\\u00b7\\u02b9\\u02ba\\u02c6-\\u02cf\\u02ec\\u0375\\u200c\\u200d\\u2e2f\\u30fb\\ua67f\\ua717-\\ua71f\\ua788';
// Marks that are L all the same.
const LTR_MARKS = '\\u0cbf\\u0cc6\\u{11a07}\\u{11a08}\\u{11c3f}';

const NSM = `(?![${LTR_MARKS}])[\\p{Mn}\\p{Me}]`;
const RTL = `(?![${AN}${EN}\\p{Mn}\\p{Me}])[${RTL_BLOCKS}]`;
const LTR = `(?![${RTL_BLOCKS}${EN}${NEUTRAL}])(?:[${LTR_MARKS}]|[^\\p{Mn}\\p{Me}])`;

const HAS_RTL = lazily(`${RTL}|[${AN}]`);
const HAS_AN = lazily(`[${AN}]`);
const HAS_EN = lazily(`[${EN}]`);
/** Conditions 1 to 3, and 1, 5 and 6; condition 4 is asked apart. */
const RTL_LABEL = lazily(
  `^(?:${RTL})(?:(?:${RTL}|${NSM}|[${AN}${EN}${NEUTRAL}])*(?:${RTL}|[${AN}${EN}]))?(?:${NSM})*$`,
);
const LTR_LABEL = lazily(`^(?:${LTR})(?:(?:${LTR}|${NSM}|[${EN}${NEUTRAL}])*(?:${LTR}|[${EN}]))?(?:${NSM})*$`);

/** Whether `text` has a character of class R, AL or AN, which makes a domain name that holds it a Bidi domain name. */
export function hasRightToLeft(text: string): boolean {
  return HAS_RTL().test(text);
}

/** The six conditions, for text of the code points that IDENTIFIER and LABEL allow. */
export function satisfiesBidiRule(label: string): boolean {
  if (LTR_LABEL().test(label)) return true;
  return RTL_LABEL().test(label) && !(HAS_AN().test(label) && HAS_EN().test(label));
}
