import { describe, expect, it } from 'vitest';
import { Jid, JidError } from './index.ts';

describe('the examples of RFC 7622 §3.5', () => {
  it.each([
    ['juliet@example.com', 'juliet', 'example.com', ''],
    ['juliet@example.com/foo', 'juliet', 'example.com', 'foo'],
    ['juliet@example.com/foo bar', 'juliet', 'example.com', 'foo bar'],
    ['juliet@example.com/foo@bar', 'juliet', 'example.com', 'foo@bar'],
    ['foo\\20bar@example.com', 'foo\\20bar', 'example.com', ''],
    ['fussball@example.com', 'fussball', 'example.com', ''],
    ['fu\u00dfball@example.com', 'fu\u00dfball', 'example.com', ''],
    ['\u03c0@example.com', '\u03c0', 'example.com', ''],
    ['\u03a3@example.com/foo', '\u03c3', 'example.com', 'foo'],
    ['\u03c3@example.com/foo', '\u03c3', 'example.com', 'foo'],
    ['\u03c2@example.com/foo', '\u03c2', 'example.com', 'foo'],
    ['king@example.com/\u265a', 'king', 'example.com', '\u265a'],
    ['example.com', '', 'example.com', ''],
    ['example.com/foobar', '', 'example.com', 'foobar'],
    ['a.example.com/b@example.net', '', 'a.example.com', 'b@example.net'],
  ])('%s is an address', (text, local, domain, resource) => {
    expect(Jid.parse(text)).toMatchObject({ local, domain, resource });
  });

  it.each([
    ['"juliet"@example.com', 'localpart contains one of'],
    ['foo bar@example.com', 'localpart contains U+0020'],
    ['@example.com/', 'localpart is empty'],
    ['henry\u2163@example.com', 'localpart contains U+2163'],
    ['\u265a@example.com', 'localpart contains U+265A'],
    ['juliet@', 'domainpart has an empty label'],
    ['/foobar', 'domainpart has an empty label'],
  ])('%s is none', (text, reason) => {
    expect(() => Jid.parse(text)).toThrow(new RegExp(reason.replace('+', '\\+')));
    expect(() => Jid.parse(text)).toThrow(JidError);
  });

  // Example 18 calls this invalid, but no rule of §3.4 or of OpaqueString refuses or strips it; rules outrank examples.
  it('keeps a leading space in the resourcepart', () => {
    expect(Jid.parse('juliet@example.com/ foo').resource).toBe(' foo');
  });
});

describe('Jid', () => {
  it('prepares all parts', () => {
    expect(Jid.parse('Juliet@EXAMPLE.com./Balcony').toString()).toBe('juliet@example.com/Balcony');
  });

  it('keeps what follows the first slash, slashes too, as the resourcepart', () => {
    expect(Jid.parse('example.com/a/b').resource).toBe('a/b');
  });

  it.each(['', 'a@', 'a@b@c', 'a@b/', 'a b', '@', '/', 'a@/x'])('refuses "%s"', (text) => {
    expect(() => Jid.parse(text)).toThrow(JidError);
    expect(Jid.tryParse(text)).toBeUndefined();
  });

  it('refuses the same text each time it is asked', () => {
    expect(() => Jid.parse('a b@c')).toThrow(JidError);
    expect(() => Jid.parse('a b@c')).toThrow(JidError);
  });

  it('is made of parts that a parser would split otherwise only if they are legal', () => {
    expect(Jid.of('', 'example.com', 'a@b/c').toString()).toBe('example.com/a@b/c');
    expect(() => Jid.of('a/b', 'example.com')).toThrow(JidError);
    expect(() => Jid.of('a', 'example.com/b')).toThrow(JidError);
    expect(Jid.of('Romeo', 'Example.com').toString()).toBe('romeo@example.com');
  });

  it('equals another Jid of the same text', () => {
    const jid = Jid.parse('romeo@example.com/x');
    expect(jid.equals(Jid.of('ROMEO', 'example.com', 'x'))).toBe(true);
    expect(jid.equals(Jid.parse('romeo@example.com/X'))).toBe(false);
    expect(jid.equals(undefined)).toBe(false);
  });

  it('gives its bare JID, the same value each time', () => {
    const full = Jid.parse('romeo@example.com/x');
    expect(full.isBare).toBe(false);
    expect(full.bare().toString()).toBe('romeo@example.com');
    expect(full.bare()).toBe(full.bare());
    expect(full.bare().isBare).toBe(true);
    expect(full.bare().bare()).toBe(full.bare());
    expect(Jid.parse('romeo@example.com/y').bare()).toBe(full.bare());
  });

  it('gives its host', () => {
    const host = Jid.parse('romeo@example.com/x').host();
    expect(host.toString()).toBe('example.com');
    expect(host.host()).toBe(host);
    expect(Jid.parse('example.com/x').host().toString()).toBe('example.com');
  });

  it('takes another resource, prepared and not empty', () => {
    const jid = Jid.parse('romeo@example.com/x');
    expect(jid.withResource('\u1680y').toString()).toBe('romeo@example.com/ y');
    expect(jid.bare().withResource('z').toString()).toBe('romeo@example.com/z');
    expect(jid.bare().withResource('z').bare()).toBe(jid.bare());
    expect(() => jid.withResource('')).toThrow(JidError);
    expect(() => jid.withResource('\u0007')).toThrow('resourcepart contains U+0007');
  });

  it('is its text in JSON and in a template', () => {
    const jid = Jid.parse('romeo@example.com/x');
    expect(JSON.stringify({ jid })).toBe('{"jid":"romeo@example.com/x"}');
    expect(`${jid}`).toBe('romeo@example.com/x');
  });

  it('returns the same value for a text seen lately, and for its prepared form', () => {
    expect(Jid.parse('Mercutio@example.com')).toBe(Jid.parse('Mercutio@example.com'));
    expect(Jid.parse('Mercutio@example.com')).toBe(Jid.parse('mercutio@example.com'));
  });

  it('accepts the longest address there is', () => {
    const domain = `${'d'.repeat(63)}.`.repeat(15) + 'd'.repeat(63);
    const text = `${'l'.repeat(1023)}@${domain}/${'r'.repeat(1023)}`;
    expect(text).toHaveLength(3071);
    expect(Jid.parse(text).toString()).toBe(text);
    expect(Jid.parse(text).equals(Jid.parse(text))).toBe(true);
  });
});
