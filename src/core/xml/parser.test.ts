import { describe, expect, it } from 'vitest';
import { type Element, XmlError, type XmlLimits, XmlParser } from './index.ts';

const LIMITS: XmlLimits = { stanzaBytes: 10_000, depth: 10, attributes: 20, children: 50 };
const HEADER = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='localhost'>";

/** A parser whose sink writes down what it is told. */
function recorder(limits = LIMITS) {
  const events: string[] = [];
  const elements: Element[] = [];
  const headers: Element[] = [];
  const parser = new XmlParser(
    {
      streamOpened(header) {
        headers.push(header);
        events.push(`opened ${header.name}`);
      },
      element(el) {
        elements.push(el);
        events.push(el.toString('jabber:client'));
      },
      streamClosed() {
        events.push('closed');
      },
    },
    limits,
  );
  const write = (...texts: string[]) => {
    for (const text of texts) parser.write(Buffer.from(text));
  };
  return { parser, events, elements, headers, write };
}

describe('a stream', () => {
  it('is reported as its header, its elements and its end', () => {
    const { events, headers, parser, write } = recorder();
    write(`<?xml version='1.0'?>${HEADER}<message to="a"><body>hi</body></message> \n<presence/></stream:stream>`);
    expect(events).toEqual(['opened stream', '<message to="a"><body>hi</body></message>', '<presence/>', 'closed']);
    expect(headers[0]?.ns).toBe('http://etherx.jabber.org/streams');
    expect({ ...headers[0]?.attrs }).toEqual({
      'xmlns:stream': 'http://etherx.jabber.org/streams',
      to: 'localhost',
    });
    expect(parser.contentNs).toBe('jabber:client');
  });

  it('is the same byte by byte', () => {
    const { events, parser } = recorder();
    const text = `<?xml version='1.0'?>${HEADER}<message to='a>b'><body>hé😀 &amp; <![CDATA[]<]]]]></body><x y='1'/></message></stream:stream>`;
    for (const byte of Buffer.from(text)) parser.write(Buffer.of(byte));
    expect(events).toEqual([
      'opened stream',
      '<message to="a&gt;b"><body>hé😀 &amp; ]&lt;]]</body><x y="1"/></message>',
      'closed',
    ]);
  });
  it('copes with one that is empty', () => {
    const { events, write } = recorder();
    write("<stream:stream xmlns:stream='http://etherx.jabber.org/streams'/>");
    expect(events).toEqual(['opened stream', 'closed']);
  });

  it('is dropped after its end', () => {
    const { events, write } = recorder();
    write(`${HEADER}</stream:stream><a/>`, 'anything');
    expect(events).toEqual(['opened stream', 'closed']);
  });

  it('is dropped after an error', () => {
    const { events, write } = recorder();
    expect(() => write(`${HEADER}<a></b>`)).toThrow();
    write('<c/>');
    expect(events).toEqual(['opened stream']);
  });

  it('hands over the elements that came before the one that is refused', () => {
    const { events, write } = recorder();
    expect(() => write(`${HEADER}<a/><b/><c></d>`)).toThrow();
    expect(events).toEqual(['opened stream', '<a/>', '<b/>']);
  });

  it('takes a new sink between two elements', () => {
    const { events, parser, write } = recorder();
    const seen: string[] = [];
    const { sink } = parser;
    write(HEADER);
    parser.sink = {
      ...sink,
      element(el) {
        seen.push(el.name);
        parser.sink = sink;
      },
    };
    write('<a/><b/>');
    expect(seen).toEqual(['a']);
    expect(events).toEqual(['opened stream', '<b/>']);
  });
});

describe('a restart', () => {
  it('makes the rest of the packet a new document', () => {
    const { events, parser, write } = recorder();
    parser.sink.element = (el) => {
      events.push(el.name);
      parser.restart();
    };
    write(`${HEADER}<auth/>\n<?xml version='1.0'?>${HEADER}<auth/>`, HEADER);
    expect(events).toEqual(['opened stream', 'auth', 'opened stream', 'auth', 'opened stream']);
  });

  it('forgets the namespaces of the old document', () => {
    const { parser, write } = recorder();
    write(HEADER);
    parser.restart();
    expect(parser.contentNs).toBe('');
    expect(() => write('<stream:stream/>')).toThrow(XmlError);
  });

  it('may come with the rest of the packet dropped, so that nothing can be slipped in before TLS', () => {
    const { events, parser, write } = recorder();
    parser.sink.element = (el) => {
      events.push(el.name);
      parser.restart();
      parser.discardRest();
    };
    for (const injected of ['<iq/>', `${HEADER}<iq/>`, '<', 'x']) {
      events.length = 0;
      parser.restart();
      write(`${HEADER}<start`, `tls/>${injected}`, `${HEADER}<iq/>`);
      expect(events).toEqual(['opened stream', 'starttls', 'opened stream', 'iq']);
    }
  });

  it('drops the beginning of a character too', () => {
    const { events, parser } = recorder();
    parser.sink.element = () => {
      parser.restart();
      parser.discardRest();
    };
    parser.write(Buffer.concat([Buffer.from(`${HEADER}<starttls/>`), Buffer.of(0xe2, 0x82)]));
    parser.write(Buffer.from(HEADER));
    expect(events).toEqual(['opened stream', 'opened stream']);
  });
});

describe('limits', () => {
  it('end an element while it is still incomplete', () => {
    for (const start of ['<a>', '<a b="', '<a><![CDATA[', '<a ', '<']) {
      const { write } = recorder();
      write(HEADER, start);
      expect(() => {
        for (let i = 0; i < 110; i++) write('x'.repeat(100));
      }, start).toThrow(expect.objectContaining({ condition: 'policy-violation' }));
    }
  });

  it('count the bytes of one element, not of the stream', () => {
    const { elements, write } = recorder();
    const body = `<a>${'x'.repeat(6000)}</a>`;
    write(HEADER, body + body + body, body.slice(0, 3000), body.slice(3000) + body);
    expect(elements).toHaveLength(5);
  });

  it('count bytes, not characters', () => {
    const { elements, write } = recorder();
    write(HEADER, `<a>${'é'.repeat(4900)}</a>`);
    expect(elements).toHaveLength(1);
    expect(() => write(`<a>${'é'.repeat(5000)}</a>`)).toThrow('too big');
  });

  it('allow an element of just that size, whole or in pieces', () => {
    const exact = `<a>${'é'.repeat(4996)}é</a>`;
    const bytes = Buffer.concat([Buffer.from('<a>'), Buffer.from('x'.repeat(10_000 - 7)), Buffer.from('</a>')]);
    expect(Buffer.byteLength(exact)).toBeGreaterThan(10_000);
    for (const cut of [10_000, 9_999, 5_000, 9_996, 1]) {
      const { elements, parser, write } = recorder();
      write(HEADER);
      parser.write(bytes.subarray(0, cut));
      parser.write(bytes.subarray(cut));
      expect(elements).toHaveLength(1);
      expect(() => write(exact)).toThrow('too big');
    }
  });

  it('can be raised later', () => {
    const { elements, parser, write } = recorder();
    write(HEADER);
    parser.limits = { ...LIMITS, stanzaBytes: 100_000 };
    write(`<a>${'x'.repeat(50_000)}</a>`);
    expect(elements).toHaveLength(1);
  });

  it('do not count white space between stanzas', () => {
    const { events, write } = recorder();
    write(HEADER);
    for (let i = 0; i < 300; i++) write(' \n'.repeat(50));
    write('<a/>');
    expect(events).toEqual(['opened stream', '<a/>']);
  });
});

describe('a slow sender', () => {
  it.each([
    ['text', '<a>', '</a>'],
    ['an attribute', '<a b="', '"/>'],
    ['a CDATA section', '<a><![CDATA[', ']]></a>'],
    ['white space in an end tag', '<a></a', '>'],
  ])('costs time in proportion to what it sent: %s', (kind, before, after) => {
    // A scan that began anew with each piece would look at 2 * 10^10 characters here.
    const size = 200_000;
    const { elements, parser, write } = recorder({ ...LIMITS, stanzaBytes: 300_000 });
    write(HEADER, before);
    const piece = Buffer.from(kind.startsWith('white') ? ' ' : 'x');
    const begun = performance.now();
    for (let i = 0; i < size; i++) parser.write(piece);
    write(after);
    expect(elements).toHaveLength(1);
    expect(performance.now() - begun).toBeLessThan(5_000);
  });
});
