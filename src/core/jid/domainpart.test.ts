import { describe, expect, it } from 'vitest';
import { JidError, prepareDomain } from './index.ts';

describe('the domainpart', () => {
  it.each([
    ['Example.COM', 'example.com'],
    ['example.com.', 'example.com'],
    ['example\u3002com\uff61', 'example.com'],
    ['example\uff0ecom', 'example.com'],
    ['\uff25xample.com', 'example.com'],
    ['localhost', 'localhost'],
    ['127.0.0.1', '127.0.0.1'],
    ['a--b.example', 'a--b.example'],
    ['B\u00dcCHER.example', 'b\u00fccher.example'],
    ['bu\u0308cher.example', 'b\u00fccher.example'],
    ['fa\u00df.de', 'fa\u00df.de'],
    ['\u65e5\u672c\u8a9e.jp', '\u65e5\u672c\u8a9e.jp'],
    ['\u05d0\u05d1.\u05d2', '\u05d0\u05d1.\u05d2'],
    ['l\u00b7l.cat', 'l\u00b7l.cat'],
    ['\u0628\u200c\u0628.example', '\u0628\u200c\u0628.example'],
  ])('"%s" becomes "%s"', (text, prepared) => {
    expect(prepareDomain(text)).toBe(prepared);
  });

  it.each([
    ['xn--bcher-kva.example', 'b\u00fccher.example'],
    ['XN--BCHER-KVA.Example', 'b\u00fccher.example'],
    ['xn--fa-hia.de', 'fa\u00df.de'],
    ['xn--wgv71a119e.jp', '\u65e5\u672c\u8a9e.jp'],
  ])('the A-label form "%s" is the same as "%s"', (ascii, unicode) => {
    expect(prepareDomain(ascii)).toBe(unicode);
    expect(prepareDomain(unicode)).toBe(unicode);
  });

  it.each([
    ['', 'empty label'],
    ['.', 'empty label'],
    ['a..b', 'empty label'],
    ['example.com..', 'empty label'],
    ['-a.b', 'misplaced hyphens'],
    ['a-.b', 'misplaced hyphens'],
    ['ab--c.d', 'misplaced hyphens'],
    ['xn--', 'empty label'],
    ['xn--abc-', 'invalid A-label|misplaced'],
    ['xn--BCHER-KVA\u00fc', 'invalid A-label'],
    ['xn--99999999', 'invalid A-label'],
    ['xn--bcher-kva1', 'domainpart'],
    ['a_b.c', 'contains U\\+005F'],
    ['a b', 'contains U\\+0020'],
    ['\u265a.example', 'contains U\\+265A'],
    ['a\u00adb', 'contains U\\+00AD'],
    ['\u0301a', 'combining mark'],
    ['a\u200cb', 'U\\+200C out of its context'],
    ['\u05d0a', 'Bidi'],
    ['\u05d0.1a', 'Bidi'],
    ['a@b', 'contains U\\+0040'],
    ['\ud800', 'contains U\\+D800'],
  ])('refuses "%s"', (text, reason) => {
    expect(() => prepareDomain(text)).toThrow(JidError);
    expect(() => prepareDomain(text)).toThrow(new RegExp(reason));
  });

  it('refuses an A-label whose U-label is not in normal form or not in lower case', () => {
    expect(() => prepareDomain('xn--bucher-xyd')).toThrow(JidError); // "u" and U+0308, decomposed
    expect(() => prepareDomain('xn--bcher-2pa')).toThrow(JidError); // U+00DC
  });

  it('has labels of at most 63 octets, counted in A-label form', () => {
    expect(prepareDomain('a'.repeat(63))).toHaveLength(63);
    expect(() => prepareDomain('a'.repeat(64))).toThrow('label longer than 63 octets');
    expect(prepareDomain('\u00fc'.repeat(57))).toHaveLength(57);
    expect(() => prepareDomain('\u00fc'.repeat(63))).toThrow('label longer than 63 octets');
  });

  it('has at most 1023 octets in all', () => {
    const most = `${'a'.repeat(63)}.`.repeat(15);
    expect(prepareDomain(`${most}${'b'.repeat(63)}`)).toHaveLength(1023);
    expect(() => prepareDomain(`${most}${'b'.repeat(61)}.cc`)).toThrow('longer than 1023 octets');
    expect(() => prepareDomain('\u00fc.'.repeat(10_000))).toThrow('too long');
  });

  it('may be an IPv6 address in brackets, and no other literal', () => {
    expect(prepareDomain('[2001:DB8::9]')).toBe('[2001:db8::9]');
    expect(prepareDomain('[::ffff:127.0.0.1]')).toBe('[::ffff:127.0.0.1]');
    for (const text of ['::1', '[::1', '[::1%eth0]', '[127.0.0.1]', '[]', '[::1]a', '[v1.a]']) {
      expect(() => prepareDomain(text)).toThrow(JidError);
    }
  });
});
