import { describe, expect, it } from 'vitest';
import { XmlError, type XmlLimits, XmlParser } from './index.ts';

const LIMITS: XmlLimits = { stanzaBytes: 10_000, depth: 4, attributes: 5, children: 6 };
const HEADER = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
const SINK = { streamOpened() {}, element() {}, streamClosed() {} };

/** The condition with which a document is refused, which is the same in one piece and byte by byte. */
function verdict(...parts: (string | Buffer)[]): string {
  const bytes = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const whole = conditionOf((parser) => parser.write(bytes));
  const dripped = conditionOf((parser) => {
    for (const byte of bytes) parser.write(Buffer.of(byte));
  });
  return whole === dripped ? whole : `${whole} in one piece, ${dripped} byte by byte`;
}

function conditionOf(act: (parser: XmlParser) => void): string {
  try {
    act(new XmlParser(SINK, LIMITS));
  } catch (error) {
    if (error instanceof XmlError) return error.condition;
    throw error;
  }
  return 'accepted';
}

function inStream(cases: Record<string, string | Buffer>, expected: string) {
  it.each(Object.entries(cases))('%s', (_, xml) => {
    expect(verdict(HEADER, xml)).toBe(expected);
  });
}

describe('restricted XML (RFC 6120 §11.1) is refused with restricted-xml', () => {
  inStream(
    {
      'a comment between stanzas': '<!-- x -->',
      'a comment inside of a stanza': '<a><!-- x --></a>',
      'a processing instruction between stanzas': '<?php x?>',
      'a processing instruction inside of a stanza': '<a><?php x?></a>',
      'an XML declaration inside of the stream': "<?xml version='1.0'?>",
      'a DTD inside of the stream': '<!DOCTYPE a>',
      'an entity declaration': '<a><!ENTITY b "c"></a>',
      'a general entity in text': '<a>&foo;</a>',
      'a general entity in an attribute': '<a b="&foo;"/>',
      'an entity of HTML': '<a>&nbsp;</a>',
    },
    'restricted-xml',
  );

  it.each([
    ['a comment', '<!-- x -->'],
    ['a DTD', '<!DOCTYPE stream [<!ENTITY a "b">]>'],
    ['a processing instruction', '<?xml-stylesheet href="a"?>'],
    ['a second XML declaration', "<?xml version='1.0'?>"],
  ])('%s before the stream header', (_, xml) => {
    expect(verdict("<?xml version='1.0'?>", xml, HEADER)).toBe('restricted-xml');
  });

  it('an XML declaration after white space', () => {
    expect(verdict(" <?xml version='1.0'?>", HEADER)).toBe('restricted-xml');
  });
});

describe('what violates XML 1.0 is refused with not-well-formed (RFC 6120 §4.9.3.13)', () => {
  inStream(
    {
      'an end tag that does not match': '<a></b>',
      'an end tag that is longer': '<a></ab>',
      'an end tag that is shorter': '<ab></a>',
      'an end tag with white space before the name': '<a></ a>',
      'an end tag with an attribute': '<a></a b="c">',
      'overlapping elements': '<a><b></a></b>',
      'the end of another root': '</stream:other>',
      'the end of the root inside of a stanza': '<a></stream:stream>',
      'a tag without a name': '<a>< b/></a>',
      'a name that begins with a digit': '<1a/>',
      'a name that begins with a hyphen': '<-a/>',
      'a name with a character that is no NameChar': '<a\u00d7/>',
      'a name with a forbidden ASCII character': '<a!b/>',
      'an attribute without a value': '<a b/>',
      'an attribute without quotes': '<a b=c/>',
      'an attribute without a name': '<a ="c"/>',
      'attributes without white space between them': '<a b="c"d="e"/>',
      'an attribute given twice': '<a b="c" b="d"/>',
      'xmlns given twice': '<a xmlns="b" xmlns="c"/>',
      'a prefix declared twice': '<a xmlns:p="b" xmlns:p="c"/>',
      '< in an attribute': '<a b="<"/>',
      '< inside of a tag': '<a <b/>',
      'a slash inside of a tag': '<a / b="c">',
      'quotes that differ': '<a b="c\'/>"x/>',
      'an ampersand alone': '<a>b & c</a>',
      'a reference without a semicolon': '<a>&amp</a>',
      'a reference without a name': '<a>&;</a>',
      'a character reference without digits': '<a>&#;</a>',
      'a hexadecimal character reference with a capital X': '<a>&#X41;</a>',
      'a reference to a character that XML forbids': '<a>&#0;</a>',
      'a reference to a surrogate': '<a>&#xd800;</a>',
      'a reference to U+FFFE': '<a>&#xFFFE;</a>',
      'a reference beyond Unicode': '<a>&#x110000;</a>',
      'a reference far beyond Unicode': `<a>&#${'9'.repeat(400)};</a>`,
      'a control character in text': '<a>\x01</a>',
      'NUL in text': '<a>\0</a>',
      'a control character in an attribute': '<a b="\x1f"/>',
      'a control character in a CDATA section': '<a><![CDATA[\x08]]></a>',
      'U+FFFF in text': '<a>\uffff</a>',
      'U+FFFE in an attribute': '<a b="\ufffe"/>',
      ']]> in text': '<a>]]></a>',
    },
    'not-well-formed',
  );

  it.each([
    ['text before the stream header', 'GET / HTTP/1.1\r\n\r\n'],
    ['a byte order mark (RFC 6120 §11.6)', '\ufeff'],
    ['an end tag before the stream header', '</stream:stream>'],
    ['an XML declaration of another version', "<?xml version='1.1'?>"],
    ['an XML declaration without a version', "<?xml encoding='UTF-8'?>"],
    ['an XML declaration with attributes in another order', "<?xml encoding='UTF-8' version='1.0'?>"],
  ])('%s', (_, xml) => {
    expect(verdict(xml, HEADER)).toBe('not-well-formed');
  });
});

describe('what violates Namespaces in XML 1.0 is refused with not-well-formed (RFC 6120 §11.3)', () => {
  inStream(
    {
      'an unbound prefix of an element': '<p:a/>',
      'an unbound prefix of an attribute': '<a p:b="c"/>',
      'a prefix bound only by a sibling': '<a><b xmlns:p="q"/><p:c/></a>',
      'two colons': '<a:b:c xmlns:a="d"/>',
      'an empty prefix': '<:a/>',
      'an empty local part': '<stream: />',
      'a local part that begins with a digit': '<stream:1/>',
      'a prefix undeclared': '<a xmlns:p=""/>',
      'an element with the prefix xmlns': '<xmlns:a/>',
      'the prefix xmlns declared': '<a xmlns:xmlns="b"/>',
      'xml bound to another namespace': '<a xmlns:xml="b"/>',
      'another prefix bound to the namespace of xml': '<a xmlns:p="http://www.w3.org/XML/1998/namespace"/>',
      'a prefix bound to the namespace of xmlns': '<a xmlns:p="http://www.w3.org/2000/xmlns/"/>',
      'the default namespace set to that of xml': '<a xmlns="http://www.w3.org/XML/1998/namespace"/>',
      'the default namespace set to that of xmlns': '<a xmlns="http://www.w3.org/2000/xmlns/"/>',
      'an attribute given twice by expanded name': '<a xmlns:p="n" xmlns:q="n" p:b="c" q:b="c"/>',
    },
    'not-well-formed',
  );
});

describe('text between stanzas is refused with bad-format (RFC 6120 §4.9.3.1)', () => {
  inStream(
    {
      text: 'x',
      'text after a stanza': '<a/>x',
      'a reference': '&amp;',
      'a no-break space': '\u00a0',
      'a CDATA section': '<![CDATA[x]]>',
    },
    'bad-format',
  );
});

describe('what is not UTF-8 is refused with unsupported-encoding (RFC 6120 §4.9.3.22, §11.6)', () => {
  inStream(
    {
      'a continuation byte alone': Buffer.from('<a>\x80</a>', 'latin1'),
      'Latin-1': Buffer.from('<a>caf\xe9</a>', 'latin1'),
      'a sequence that ends early': Buffer.from('<a>\xe2\x82</a>', 'latin1'),
      'an overlong form of two bytes': Buffer.from('<a>\xc0\xbc</a>', 'latin1'),
      'an overlong form of three bytes': Buffer.from('<a>\xe0\x80\xbc</a>', 'latin1'),
      'an overlong form of four bytes': Buffer.from('<a>\xf0\x80\x80\xbc</a>', 'latin1'),
      'a surrogate': Buffer.from('<a>\xed\xa0\x80</a>', 'latin1'),
      'a pair of surrogates': Buffer.from('<a>\xed\xa0\xbd\xed\xb8\x80</a>', 'latin1'),
      'a character beyond U+10FFFF': Buffer.from('<a>\xf4\x90\x80\x80</a>', 'latin1'),
      'a sequence of five bytes': Buffer.from('<a>\xf8\x88\x80\x80\x80</a>', 'latin1'),
      'the byte FF': Buffer.from('<a>\xff</a>', 'latin1'),
    },
    'unsupported-encoding',
  );

  it.each(['UTF-16', 'ISO-8859-1', 'us-ascii'])('an XML declaration that says %s', (encoding) => {
    expect(verdict(`<?xml version='1.0' encoding='${encoding}'?>`, HEADER)).toBe('unsupported-encoding');
  });

  it('UTF-16 itself', () => {
    expect(verdict(Buffer.from('\ufeff<a/>', 'utf16le'))).toBe('unsupported-encoding');
  });
});

describe('what exceeds a limit is refused with policy-violation (RFC 6120 §4.9.3.14)', () => {
  inStream(
    {
      'an element that is too big': `<a>${'x'.repeat(10_000)}</a>`,
      'elements nested too deep': '<a><b><c><d><e/></d></c></b></a>',
      'too many attributes': '<a a="" b="" c="" d="" e="" f=""/>',
      'too many namespace declarations': '<a a="" b="" c="" d="" e="" xmlns="f"/>',
      'too many children': '<a>1<b/>2<b/>3<b/>4</a>',
      'a long namespace behind a prefix of many elements': `<a xmlns:b="${'x'.repeat(3_000)}">${'<b:c/>'.repeat(4)}</a>`,
      'a long namespace behind a prefix of many attributes': `<a xmlns:b="${'x'.repeat(3_000)}">${'<c b:d=""/>'.repeat(4)}</a>`,
    },
    'policy-violation',
  );

  it('a stream header that is too big', () => {
    expect(verdict(`<stream:stream a='${'x'.repeat(10_000)}'`)).toBe('policy-violation');
  });
});

describe('accepted', () => {
  inStream(
    {
      'the five predefined entities': '<a b="&lt;&gt;&amp;&quot;&apos;">&lt;&gt;&amp;&quot;&apos;</a>',
      'character references': '<a>&#65;&#x1F600;&#10;&#x10ffff;</a>',
      'names beyond ASCII': '<é ü="ö"/>',
      'white space wherever tags allow it': '<a\n\tb = "c"\r\n/><d></d\n>',
      'a CDATA section': '<a><![CDATA[<&]]]></a>',
      '> in text and attributes': '<a b=">">></a>',
      'U+FEFF inside of text (RFC 6120 §11.6)': '<a>\ufeff</a>',
      'white space between stanzas': ' \t\r\n<a/>\n \n<b/>',
      'elements nested as deep as allowed': '<a><b><c><d/></c></b></a>',
      'as many attributes as allowed': '<a a="" b="" c="" d="" xmlns="e"/>',
      'a long namespace behind a prefix of few elements': `<a xmlns:b="${'x'.repeat(3_000)}">${'<b:c/>'.repeat(3)}</a>`,
      'as many children as allowed': '<a>1<b/>2<b/>3<b/></a>',
      'the prefix xml declared as what it is': '<a xmlns:xml="http://www.w3.org/XML/1998/namespace"/>',
      'names that look like those of Object': '<a constructor="a" __proto__="b" toString="c"/>',
    },
    'accepted',
  );

  it.each([
    "<?xml version='1.0'?>",
    '<?xml version="1.0" encoding="UTF-8"?>\r\n',
    "<?xml version = '1.0' encoding='utf-8' standalone='yes' ?>",
    ' \n',
  ])('%j before the stream header', (xml) => {
    expect(verdict(xml, HEADER)).toBe('accepted');
  });
});
