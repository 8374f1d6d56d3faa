import { describe, expect, it } from 'vitest';
import { JidError, prepareLocal, preparePassword, prepareResource } from './index.ts';

describe('the localpart', () => {
  // RFC 8265 §3.5, tables 1 to 3, as far as a localpart may be such a username.
  it.each([
    ['juliet', 'juliet'],
    ['fussball', 'fussball'],
    ['fu\u00dfball', 'fu\u00dfball'],
    ['\u03c0', '\u03c0'],
    ['\u03a3', '\u03c3'],
    ['\u03c3', '\u03c3'],
    ['\u03c2', '\u03c2'],
  ])('"%s" becomes "%s"', (text, prepared) => {
    expect(prepareLocal(text)).toBe(prepared);
  });

  it.each([
    ['', 'localpart is empty'],
    ['foo bar', 'localpart contains U+0020'],
    ['henry\u2163', 'localpart contains U+2163'],
    ['\u265a', 'localpart contains U+265A'],
    ['a\u0000', 'localpart contains U+0000'],
    ['a\u007f', 'localpart contains U+007F'],
    ['\u00ad', 'localpart contains U+00AD'], // Default_Ignorable_Code_Point
    ['\ufdd0', 'localpart contains U+FDD0'], // Noncharacter_Code_Point
    ['\ue000', 'localpart contains U+E000'], // private use
    ['\ud800', 'localpart contains U+D800'], // a lone surrogate
    ['\u1100', 'localpart contains U+1100'], // OldHangulJamo
    ['\u0640', 'localpart contains U+0640'], // an exception of RFC 8264 §9.6
    ['\u{e0001}', 'localpart contains U+E0001'],
    ['\ufb01', 'localpart contains U+FB01'], // HasCompat: the ligature fi
  ])('refuses %j', (text, reason) => {
    expect(() => prepareLocal(text)).toThrow(JidError);
    expect(() => prepareLocal(text)).toThrow(reason);
  });

  it.each([...'"&\'/:<>@'])('refuses %s, of normal width and of full width', (character) => {
    const fullwidth = String.fromCodePoint((character.codePointAt(0) ?? 0) + 0xfee0);
    expect(() => prepareLocal(`a${character}b`)).toThrow('one of " & \' / : < > @');
    expect(() => prepareLocal(`a${fullwidth}b`)).toThrow('one of " & \' / : < > @');
  });

  it('maps width, then case, then composes', () => {
    expect(prepareLocal('\uff21\uff22\uff11')).toBe('ab1');
    expect(prepareLocal('\uff76\uff9e')).toBe('\u30ac');
    expect(prepareLocal('A\u030a')).toBe('\u00e5');
    expect(prepareLocal('\u212b\u0041'.normalize('NFC'))).toBe('\u00e5a');
  });

  it('keeps the Bidi rule once it holds a right-to-left character', () => {
    expect(prepareLocal('\u05d0\u05d1')).toBe('\u05d0\u05d1');
    expect(prepareLocal('\u05d01')).toBe('\u05d01');
    expect(() => prepareLocal('\u05d0a')).toThrow('Bidi');
    expect(() => prepareLocal('1\u05d0')).toThrow('Bidi');
    expect(prepareLocal('1\u00fc-')).toBe('1\u00fc-');
  });

  it('has 1 to 1023 octets of UTF-8', () => {
    expect(prepareLocal('a'.repeat(1023))).toHaveLength(1023);
    expect(() => prepareLocal('a'.repeat(1024))).toThrow('longer than 1023 octets');
    expect(prepareLocal(`${'\u00fc'.repeat(511)}a`)).toHaveLength(512);
    expect(() => prepareLocal('\u00fc'.repeat(512))).toThrow('longer than 1023 octets');
  });

  it('is measured after preparation', () => {
    expect(prepareLocal('\uff41'.repeat(1023))).toBe('a'.repeat(1023));
    expect(() => prepareLocal('\uff41'.repeat(1024))).toThrow('longer than 1023 octets');
    expect(() => prepareLocal('\uff41'.repeat(100_000))).toThrow('too long');
  });
});

describe('the resourcepart', () => {
  it('maps only spaces, and composes', () => {
    expect(prepareResource('\u00a0A\u3000\uff21\u2163A\u030a')).toBe(' A \uff21\u2163\u00c5');
  });

  it.each(['\u0000', '\n', '\u007f', '\u2028', '\u200b', '\ue000', '\udc00', '\uffff', '\u0378', ''])(
    'refuses %j',
    (text) => {
      expect(() => prepareResource(text)).toThrow(JidError);
    },
  );

  it('has 1 to 1023 octets of UTF-8', () => {
    expect(prepareResource('\u265a'.repeat(341))).toHaveLength(341);
    expect(() => prepareResource(`${'\u265a'.repeat(341)}a`)).toThrow('longer than 1023 octets');
    expect(prepareResource('R'.repeat(1023))).toHaveLength(1023);
    expect(() => prepareResource('R'.repeat(1024))).toThrow('longer than 1023 octets');
  });
});

// RFC 8265 §4.3
describe('the password', () => {
  it.each([
    ['correct horse battery staple', 'correct horse battery staple'],
    ['Correct Horse Battery Staple', 'Correct Horse Battery Staple'],
    ['\u03c0\u00df\u00e5', '\u03c0\u00df\u00e5'],
    ['Jack of \u2666s', 'Jack of \u2666s'],
    ['foo\u1680bar', 'foo bar'],
  ])('"%s" becomes "%s"', (text, prepared) => {
    expect(preparePassword(text)).toBe(prepared);
  });

  it.each([
    ['', 'password is empty'],
    ['my cat is a \u0009by', 'password contains U+0009'],
  ])('refuses %j', (text, reason) => {
    expect(() => preparePassword(text)).toThrow(reason);
  });
});
