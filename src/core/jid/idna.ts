/** RFC 5890-5893: IDNA2008 domain names, in the U-label form that RFC 7622 §3.2 asks for. */
import punycode from 'punycode/punycode.js';
import { hasRightToLeft, satisfiesBidiRule } from './bidi.ts';
import { findContextViolation } from './context.ts';
import { LABEL, showCodePoint } from './derived-property.ts';
import { JidError } from './error.ts';
import { mapWidth } from './width.ts';

const ACE_PREFIX = 'xn--';
const MAX_LABEL = 63;
/** Far beyond what NFC and width mapping can bring down to 1023 octets, and short enough to look at every character. */
const MAX_UNPREPARED = 4 * 1023;

/** Maps `name` (RFC 7622 §3.2.1), validates each label (RFC 5891 §5.4) and turns A-labels into U-labels. */
export function toULabels(name: string): string {
  if (name.length > MAX_UNPREPARED) throw new JidError('domainpart is too long');
  const mapped = mapWidth(name.replace(/[\u3002\uff61]/g, '.'))
    .toLowerCase()
    .normalize('NFC');
  const labels = mapped.split('.').map(toULabel);
  // RFC 5893 §2: one label with a right-to-left character subjects all of them to the rule.
  if (labels.some(hasRightToLeft) && !labels.every(satisfiesBidiRule)) {
    throw new JidError('domainpart breaks the Bidi rule');
  }
  return labels.join('.');
}

function toULabel(label: string): string {
  const unicode = label.startsWith(ACE_PREFIX) ? decode(label) : label;
  checkLabel(unicode);
  const ascii = /^[\0-\x7f]*$/.test(unicode) ? unicode : encode(unicode);
  // RFC 5891 §5.4: an A-label is the encoding of a U-label and of nothing else.
  if (unicode !== label && ascii !== label) throw new JidError('domainpart has an invalid A-label');
  if (ascii.length > MAX_LABEL) throw new JidError(`domainpart has a label longer than ${MAX_LABEL} octets`);
  return unicode;
}

function decode(label: string): string {
  try {
    return punycode.decode(label.slice(ACE_PREFIX.length));
  } catch (cause) {
    throw new JidError('domainpart has an invalid A-label', { cause });
  }
}

function encode(label: string): string {
  return ACE_PREFIX + punycode.encode(label);
}

/** RFC 5891 §4.2. Normal form is asked of what came out of an A-label; the rest has it. */
function checkLabel(label: string): void {
  if (label === '') throw new JidError('domainpart has an empty label');
  if (label.startsWith('-') || label.endsWith('-') || label.slice(2, 4) === '--') {
    throw new JidError('domainpart has a label with misplaced hyphens');
  }
  if (label !== label.normalize('NFC')) throw new JidError('domainpart has a label not in NFC');
  for (const character of label) {
    if (!LABEL().test(character)) throw new JidError(`domainpart contains ${showCodePoint(character)}`);
  }
  if (/^\p{M}/u.test(label)) throw new JidError('domainpart has a label that starts with a combining mark');
  const violation = findContextViolation(label);
  if (violation !== undefined) throw new JidError(`domainpart has ${showCodePoint(violation)} out of its context`);
}
