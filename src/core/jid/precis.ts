/** RFC 8264 and RFC 8265: the PRECIS profiles UsernameCaseMapped and OpaqueString. */
import { hasRightToLeft, satisfiesBidiRule } from './bidi.ts';
import { findContextViolation } from './context.ts';
import { FREEFORM, hasCompat, IDENTIFIER, showCodePoint } from './derived-property.ts';
import { JidError } from './error.ts';
import { mapWidth } from './width.ts';

/** RFC 8265 §3.3.3; `part` names what is prepared in the error's message. */
export function enforceUsernameCaseMapped(part: string, text: string): string {
  return untilStable(part, text, (input) => {
    const wide = mapWidth(input);
    for (const character of wide) {
      if (!IDENTIFIER().test(character) || hasCompat(character)) throw notAllowed(part, character);
    }
    checkContext(part, wide);
    const mapped = wide.toLowerCase().normalize('NFC');
    if (hasRightToLeft(mapped) && !satisfiesBidiRule(mapped)) throw new JidError(`${part} breaks the Bidi rule`);
    return mapped;
  });
}

/** RFC 8265 §4.2.2: non-ASCII spaces become U+0020; neither width nor case is mapped. */
export function enforceOpaqueString(part: string, text: string): string {
  return untilStable(part, text, (input) => {
    for (const character of input) {
      if (!FREEFORM().test(character)) throw notAllowed(part, character);
    }
    checkContext(part, input);
    return input.replace(/\p{Zs}/gu, ' ').normalize('NFC');
  });
}

// A code point takes an octet or more, and NFC makes at most one of four: what is longer than this cannot come down to
// the 1023 octets of a part. Refused first, since the tables are slow; it bounds a password too.
const MAX_UNPREPARED = 4 * 1023;

/** RFC 8264 §7: applied again until nothing changes; what three more applications do not settle is refused. */
function untilStable(part: string, text: string, enforce: (input: string) => string): string {
  if (text.length > MAX_UNPREPARED) throw new JidError(`${part} is too long`);
  let input = text;
  for (let turn = 0; turn < 4; turn++) {
    const output = enforce(input);
    if (output === input) return output;
    input = output;
  }
  throw new JidError(`${part} has no stable form`);
}

function checkContext(part: string, text: string): void {
  const violation = findContextViolation(text);
  if (violation !== undefined) throw new JidError(`${part} has ${showCodePoint(violation)} out of its context`);
}

function notAllowed(part: string, character: string): JidError {
  return new JidError(`${part} contains ${showCodePoint(character)}`);
}
