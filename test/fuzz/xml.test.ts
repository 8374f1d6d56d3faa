/** core/xml against random trees, random bytes, and ltx as a second opinion on valid documents. */
import fc from 'fast-check';
import * as ltx from 'ltx';
import { describe, expect, it } from 'vitest';
import {
  attributes,
  Element,
  escapeAttribute,
  type Node,
  NS_CLIENT,
  NS_STREAMS,
  NS_XML,
  parseDocument,
  serializeNonza,
  XmlError,
  type XmlLimits,
  XmlParser,
} from '../../src/core/xml/index.ts';

const LIMITS: XmlLimits = { stanzaBytes: 1_000_000, depth: 50, attributes: 50, children: 100 };
const HEADER = `<?xml version='1.0'?><stream:stream xmlns='${NS_CLIENT}' xmlns:stream='${NS_STREAMS}'>`;

const name = fc.constantFrom('message', 'body', 'x', 'a-b.c_1', 'é', '名前', 'constructor', '__proto__', '\u{10000}z');
const namespace = fc.constantFrom(NS_CLIENT, NS_STREAMS, 'urn:a', 'urn:\'&<"', 'urn:ü');
const isChar = (c: string) => /^[\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]$/u.test(c);
const char = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...'ab &<>"\'];\t\n\r-\ufeffé€😀') },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }).filter(isChar) },
);
const text = fc.string({ unit: char, maxLength: 20 });

const attrs = fc
  .tuple(
    fc.dictionary(name, text, { maxKeys: 4 }),
    fc.option(text, { nil: undefined }),
    fc.option(fc.tuple(fc.constantFrom('p', 'stream', 'q1'), namespace, text), { nil: undefined }),
  )
  .map(([plain, lang, prefixed]) => {
    const all: Record<string, string> = attributes(plain);
    if (lang !== undefined) all['xml:lang'] = lang;
    if (prefixed !== undefined) {
      all[`xmlns:${prefixed[0]}`] = prefixed[1];
      all[`${prefixed[0]}:y`] = prefixed[2];
    }
    return all;
  });

function tree(namespaces: fc.Arbitrary<string>): fc.Arbitrary<Element> {
  return fc.letrec<{ element: Element }>((tie) => ({
    element: fc
      .tuple(
        name,
        namespaces,
        attrs,
        fc.array(fc.oneof({ depthSize: 'small', withCrossShrink: true }, text, tie('element')), { maxLength: 4 }),
      )
      .map(([elementName, ns, elementAttrs, children]) => new Element(elementName, ns, elementAttrs, joined(children))),
  })).element;
}

/** Children as a parser gives them: no empty text, no two texts in a row. */
function joined(children: readonly Node[]): Node[] {
  const out: Node[] = [];
  for (const node of children) {
    const before = out[out.length - 1];
    if (typeof node === 'string' && typeof before === 'string') out[out.length - 1] = before + node;
    else if (node !== '') out.push(node);
  }
  return out;
}

/** What a parser makes of bytes, cut at some places: what it told its sink, and the condition of its error. */
function outcome(bytes: Buffer, cuts: readonly number[], limits = LIMITS) {
  const seen: (Element | string)[] = [];
  const parser = new XmlParser(
    {
      streamOpened: (header) => seen.push(header),
      element: (el) => seen.push(el),
      streamClosed: () => seen.push('closed'),
    },
    limits,
  );
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  try {
    for (let i = 1; i < places.length; i++) parser.write(bytes.subarray(places[i - 1], places[i]));
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    return { seen, condition: error.condition };
  }
  return { seen, condition: undefined };
}

const cuts = fc.oneof(fc.array(fc.nat(), { maxLength: 8 }), fc.constant(Array.from({ length: 5000 }, (_, i) => i)));

describe('a tree', () => {
  it('comes out of the parser as it went into the serialiser, wherever its bytes are cut', () => {
    const namespaces = fc.oneof(namespace, fc.constant(''));
    fc.assert(
      fc.property(fc.array(tree(namespaces), { maxLength: 3 }), cuts, (elements, where) => {
        const stanzas = elements.map((el) => el.toString(NS_CLIENT)).join(' \n');
        const { seen, condition } = outcome(Buffer.from(`${HEADER}${stanzas}</stream:stream>`), where);
        expect(condition).toBeUndefined();
        expect(seen.slice(1)).toEqual([...elements, 'closed']);
      }),
      { numRuns: 300 },
    );
  });

  it('comes out of a WebSocket message as it went in', () => {
    fc.assert(
      fc.property(tree(fc.oneof(namespace, fc.constant(''))), (el) => {
        const parsed = parseDocument(serializeNonza(el, { declareStream: true, contextNs: '' }), LIMITS);
        const added = parsed.attr('xmlns:stream') !== el.attr('xmlns:stream');
        expect(added ? parsed.with({ 'xmlns:stream': undefined }) : parsed).toEqual(el);
      }),
      { numRuns: 500 },
    );
  });

  it('survives a prefix declared further out', () => {
    fc.assert(
      fc.property(tree(namespace), text, (el, value) => {
        const inner = el.toString().replace(/^<[^\s/>]+/, `$& far:out="${escapeAttribute(value)}"`);
        const outer = parseDocument(`<o xmlns:far='urn:far' xmlns:stream='${NS_STREAMS}'>${inner}</o>`, LIMITS);
        const moved = outer.elements()[0];
        expect(moved?.attr('far:out')).toBe(value);
        expect(parseDocument(moved?.toString() ?? '', LIMITS)).toEqual(moved);
      }),
      { numRuns: 200 },
    );
  });

  it('is what ltx makes of it', () => {
    fc.assert(
      fc.property(tree(namespace), (el) => {
        const xml = el.toString();
        // ltx keeps attributes in a plain object, where this name means something else.
        fc.pre(!xml.includes('__proto__'));
        expect(fromOurs(parseDocument(xml, LIMITS))).toEqual(fromLtx(ltx.parse(xml)));
      }),
      { numRuns: 300 },
    );
  });
});

interface Plain {
  name: string;
  ns: string;
  attrs: [string, string][];
  children: (Plain | string)[];
}

const byName = (a: [string, string], b: [string, string]) => (a[0] < b[0] ? -1 : 1);

function fromOurs(el: Element): Plain {
  const children = el.children.map((node) => (typeof node === 'string' ? node : fromOurs(node)));
  return { name: el.name, ns: el.ns, attrs: Object.entries(el.attrs).sort(byName), children };
}

function fromLtx(el: ltx.Element): Plain {
  const children = el.children.map((node) => (typeof node === 'string' ? node : fromLtx(node)));
  const own = Object.entries(el.attrs).filter(([key]) => key !== 'xmlns');
  return { name: el.getName(), ns: el.getNS() ?? '', attrs: own.sort(byName), children };
}

const sample = Buffer.from(
  `${HEADER}<message to='a@b' xml:lang='en'><body>hé &amp; &#x41;</body><p:x xmlns:p='urn:x' p:y="1"/></message> ` +
    `<iq type="get"><query xmlns='${NS_XML}s'><![CDATA[<]]></query></iq></stream:stream>`,
);
const snippet = fc.constantFrom(
  ...['<', '>', '</', '/>', '&', ';', '&#', '"', "'", '<!--', '-->', '<![CDATA[', ']]>', '<?', '?>', '<!DOCTYPE '],
  ...[' ', '\r\n', '=', ':', 'xmlns=', "xmlns:p=''", "x:y='z'", '\0', '\ufffe', '</stream:stream>', '<a>', '</a>'],
);

/** The sample with some pieces replaced by others. */
function mutated(piece: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  return fc.array(fc.tuple(fc.nat(sample.length), fc.nat(12), piece), { minLength: 1, maxLength: 5 }).map((edits) => {
    let bytes = sample;
    for (const [at, length, replacement] of edits) {
      bytes = Buffer.concat([bytes.subarray(0, at), replacement, bytes.subarray(at + length)]);
    }
    return bytes;
  });
}

const noise = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
const tight: XmlLimits = { stanzaBytes: 120, depth: 2, attributes: 3, children: 2 };

describe('broken input', () => {
  it('is refused by an XmlError and nothing else, wherever it is cut', () => {
    const input = fc.oneof(noise, mutated(noise), mutated(snippet.map((s) => Buffer.from(s))));
    fc.assert(
      fc.property(input, cuts, fc.constantFrom(LIMITS, tight), (bytes, where, limits) => {
        outcome(bytes, where, limits);
      }),
      { numRuns: 600 },
    );
  });

  it('gives the same elements, and the same error, however it is cut', () => {
    fc.assert(
      fc.property(mutated(snippet.map((s) => Buffer.from(s))), cuts, (bytes, where) => {
        // A broken sequence of UTF-8 is noticed before the elements that came with it.
        const utf8 = Buffer.from(bytes.toString());
        const whole = outcome(utf8, []);
        const cut = outcome(utf8, where);
        expect(cut.seen).toEqual(whole.seen);
        // What is wrong in a token that never ends may go unnoticed until a limit is reached.
        if (cut.condition !== undefined) expect(cut.condition).toBe(whole.condition);
      }),
      { numRuns: 600 },
    );
  });

  it('is refused by an XmlError and nothing else in a WebSocket message', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), mutated(noise).map(String), fc.string()), (message) => {
        try {
          parseDocument(message.replace(/^[^<]*<[^>]*>/, ''), LIMITS);
        } catch (error) {
          expect(error).toBeInstanceOf(XmlError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
