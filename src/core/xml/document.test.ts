import { describe, expect, it } from 'vitest';
import { type Element, NS_STREAMS, parseDocument, XmlError, type XmlLimits } from './index.ts';

const LIMITS: XmlLimits = { stanzaBytes: 1000, depth: 10, attributes: 20, children: 50 };

function parse(text: string): Element {
  return parseDocument(text, LIMITS);
}

function refusal(text: string): string {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof XmlError) return error.condition;
    throw error;
  }
  return 'accepted';
}

describe('prefixes', () => {
  const declaring = (count: number) => {
    const declarations = Array.from({ length: count }, (_, i) => `xmlns:p${i}='urn:x'`);
    return `<a ${declarations.slice(0, 100).join(' ')}><b ${declarations.slice(100).join(' ')}/></a>`;
  };
  const limits = { ...LIMITS, stanzaBytes: 100_000, attributes: 1_000 };

  it('are 128 at most in force at a point, since each that is used is looked for among them', () => {
    expect(parseDocument(declaring(128), limits).name).toBe('a');
    expect(() => parseDocument(declaring(129), limits)).toThrow(new XmlError('policy-violation', 'too many prefixes'));
  });
});

describe('a WebSocket message', () => {
  it('is one element', () => {
    const open = parse("<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0'/>");
    expect(open.is('open', 'urn:ietf:params:xml:ns:xmpp-framing')).toBe(true);
    expect({ ...open.attrs }).toEqual({ to: 'localhost', version: '1.0' });
  });

  it.each([
    ['', 'not-well-formed'],
    [' ', 'not-well-formed'],
    [' <a/>', 'not-well-formed'],
    ['hello', 'not-well-formed'],
    ['<a>', 'not-well-formed'],
    ['<a', 'not-well-formed'],
    ['<', 'not-well-formed'],
    ['</a>', 'not-well-formed'],
    ['<a/><b/>', 'not-well-formed'],
    ['<a/>x', 'not-well-formed'],
    ['<stream:features/>', 'not-well-formed'],
    ['<a>\ud800</a>', 'not-well-formed'],
    ["<?xml version='1.0'?><a/>", 'restricted-xml'],
    ['<!-- x --><a/>', 'restricted-xml'],
    ['<!DOCTYPE a><a/>', 'restricted-xml'],
    [`<a>${'é'.repeat(500)}</a>`, 'policy-violation'],
    [`<a>${'é'.repeat(490)}</a>`, 'accepted'],
    ['<a/>\n', 'accepted'],
  ])('%j: %s', (text, expected) => {
    expect(refusal(text)).toBe(expected);
  });
});

describe('namespaces', () => {
  it('are inherited, replaced and taken back', () => {
    const a = parse("<a xmlns='n'><b/><c xmlns='m'><d/><e xmlns=''/></c><f/></a>");
    expect(a.elements().map((el) => [el.name, el.ns])).toEqual([
      ['b', 'n'],
      ['c', 'm'],
      ['f', 'n'],
    ]);
    expect(
      a
        .child('c', 'm')
        ?.elements()
        .map((el) => el.ns),
    ).toEqual(['m', '']);
  });

  it('lose their prefix', () => {
    const a = parse("<p:a xmlns:p='n'><p:b/><b xmlns:p='m'><p:c/></b></p:a>");
    expect(a.is('a', 'n')).toBe(true);
    expect(a.toString()).toBe('<a xmlns="n" xmlns:p="n"><b/><b xmlns="" xmlns:p="m"><c xmlns="m"/></b></a>');
  });

  it('may be declared after the attribute that uses them', () => {
    expect(parse("<a p:b='1' xmlns:p='n'/>").attr('p:b')).toBe('1');
  });

  it('of attributes go with the element that uses them', () => {
    const payload = parse("<a xmlns='n' xmlns:p='m'><b><c p:d='1' xml:lang='en'/></b></a>").child('b')?.child('c');
    expect(payload?.toString()).toBe('<c xmlns="n" p:d="1" xml:lang="en" xmlns:p="m"/>');
  });

  it('of the stream keep the prefix stream only where the sender cannot have bound it anew', () => {
    const forged = parse(`<a xmlns:stream='urn:x'><error xmlns='${NS_STREAMS}'/></a>`);
    expect(parse(forged.toString()).child('error', NS_STREAMS)).toBeDefined();
    const root = parse(`<error xmlns='${NS_STREAMS}' xmlns:stream='urn:x'/>`);
    expect(parse(root.toString()).is('error', NS_STREAMS)).toBe(true);
  });
});

describe('values', () => {
  it('of attributes are normalised (XML 1.0 §3.3.3)', () => {
    expect(parse('<a b="x\ty\r\nz\n&#10;&#13;&#9;\rw"/>').attr('b')).toBe('x y z \n\r\t w');
  });

  it('of text have their line ends normalised (XML 1.0 §2.11)', () => {
    expect(parse('<a>x\r\ny\rz\n&#13;<![CDATA[\r\n\r]]></a>').text()).toBe('x\ny\nz\n\r\n\n');
  });

  it('of references are not read again', () => {
    expect(parse('<a b="&#38;lt;">&amp;amp;&#x26;lt;</a>').text()).toBe('&amp;&lt;');
  });

  it('of text and CDATA sections are one child', () => {
    expect(parse('<a>x<![CDATA[<y>]]>z<b/><![CDATA[]]></a>').children).toHaveLength(2);
  });

  it('may have the names of what every object has', () => {
    const a = parse('<a __proto__="1" constructor="2"/>');
    expect(a.attr('__proto__')).toBe('1');
    expect(a.attr('constructor')).toBe('2');
    expect(parse('<a b=""/>').attr('constructor')).toBeUndefined();
    expect(parse('<a b=""/>').attr('__proto__')).toBeUndefined();
  });
});
