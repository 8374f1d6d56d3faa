import { describe, expect, it } from 'vitest';
import { hasRightToLeft, satisfiesBidiRule } from './bidi.ts';

describe('the Bidi rule of RFC 5893 §2', () => {
  it.each([
    ['1: Hebrew', '\u05d0\u05d1', true],
    ['1: Latin', 'ab', true],
    ['1: a digit first', '1a', false],
    ['1: an Arabic-Indic digit first', '\u0661\u0627', false],
    ['2: Latin among Hebrew', '\u05d0a\u05d1', false],
    ['2: a hyphen among Hebrew', '\u05d0-\u05d1', true],
    ['3: Hebrew and a digit last', '\u05d01', true],
    ['3: Arabic, its digit and a mark last', '\u0627\u0661\u064e', true],
    ['3: Thaana, whose words end in marks', '\u0783\u07a8', true],
    ['3: a hyphen last', '\u05d0-', false],
    ['4: both kinds of digits', '\u06271\u0661', false],
    ['5: Hebrew among Latin', 'a\u05d0b', false],
    ['5: an Arabic-Indic digit among Latin', 'a\u0661b', false],
    ['6: a digit last', 'a1', true],
    ['6: a mark last', 'e\u0301', true],
    ['6: a hyphen last', 'a-', false],
    ['NKo digits, which are letters to this rule', '\u07c1\u07c2', true],
  ])('%s', (_rule, label, holds) => {
    expect(satisfiesBidiRule(label)).toBe(holds);
  });

  it('concerns texts with characters of class R, AL and AN', () => {
    expect(hasRightToLeft('a\u05d0')).toBe(true);
    expect(hasRightToLeft('a\u0627')).toBe(true);
    expect(hasRightToLeft('a\u0661')).toBe(true);
    expect(hasRightToLeft('a\u06f1-\u00fc')).toBe(false);
  });
});
