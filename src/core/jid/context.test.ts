import { describe, expect, it } from 'vitest';
import { findContextViolation } from './context.ts';

describe('the contextual rules of RFC 5892 Appendix A', () => {
  it.each([
    ['A.1 after a virama', '\u0915\u094d\u200c\u0937', 'ok'],
    ['A.1 between letters that join', '\u0628\u200c\u0628', 'ok'],
    ['A.1 between letters that join, past marks', '\u0628\u064e\u200c\u064e\u0627', 'ok'],
    ['A.1 after a letter that joins only backward', '\u0627\u200c\u0628', '\u200c'],
    ['A.1 between Latin letters', 'a\u200cb', '\u200c'],
    ['A.1 at the start', '\u200c\u0628', '\u200c'],
    ['A.1 at the end', '\u0628\u200c', '\u200c'],
    ['A.2 after a virama', '\u0915\u094d\u200d\u0937', 'ok'],
    ['A.2 between letters that join', '\u0628\u200d\u0628', '\u200d'],
    ['A.3 between two l', 'l\u00b7l', 'ok'],
    ['A.3 in a row', 'l\u00b7l\u00b7l', 'ok'],
    ['A.3 between others', 'a\u00b7l', '\u00b7'],
    ['A.3 alone', '\u00b7', '\u00b7'],
    ['A.4 before Greek', '\u0375\u03b1', 'ok'],
    ['A.4 after Greek', '\u03b1\u0375', '\u0375'],
    ['A.5 after Hebrew', '\u05d0\u05f3', 'ok'],
    ['A.5 before Hebrew', '\u05f3\u05d0', '\u05f3'],
    ['A.6 after Hebrew', '\u05d0\u05f4', 'ok'],
    ['A.6 after Latin', 'a\u05f4', '\u05f4'],
    ['A.7 with Katakana', 'a\u30fb\u30a2', 'ok'],
    ['A.7 with Han', '\u65e5\u30fb', 'ok'],
    ['A.7 without either', 'a\u30fbb', '\u30fb'],
    ['A.8 alone', '\u0660\u0661', 'ok'],
    ['A.9 alone', '\u06f0\u06f1', 'ok'],
    ['A.8 and A.9 mixed', '\u06f0\u0660', '\u0660'],
    ['nothing contextual', 'juliet', 'ok'],
  ])('%s', (_rule, text, expected) => {
    expect(findContextViolation(text) ?? 'ok').toBe(expected);
  });
});
