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

/** The condition with which the text is refused after a stream header, the same in one piece and byte by byte. */
function refusal(text: string | Buffer, header = HEADER, limits = LIMITS): string {
  const bytes = Buffer.concat([Buffer.from(header), Buffer.from(text)]);
  const whole = conditionOf(() => recorder(limits).parser.write(bytes));
  const { parser } = recorder(limits);
  const dripped = conditionOf(() => {
    for (const byte of bytes) parser.write(Buffer.of(byte));
  });
  return whole === dripped ? whole : `${whole} in one piece, ${dripped} byte by byte`;
}

function conditionOf(act: () => void): string {
  try {
    act();
  } catch (error) {
    if (error instanceof XmlError) return error.condition;
    throw error;
  }
  return 'accepted';
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
  it('is refused when it has comments', () => {
    expect(refusal('<a><!-- x --></a>')).toBe('restricted-xml');
  });
});
