import { describe, expect, it } from 'vitest';
import {
  attributes,
  Element,
  escapeAttribute,
  escapeText,
  NS_CLIENT,
  NS_STREAMS,
  NS_TLS,
  ns,
  serializeAttributes,
  serializeChildren,
  serializeNonza,
} from './index.ts';

const client = ns(NS_CLIENT);
const stream = ns(NS_STREAMS);
const tls = ns(NS_TLS);
const message = client('message', { to: 'a@b', id: undefined }, client('body', {}, 'hi'), undefined, [
  tls('x'),
  'text',
]);

describe('a builder', () => {
  it('leaves out what is undefined or empty', () => {
    expect(Object.keys(message.attrs)).toEqual(['to']);
    expect(message.children).toHaveLength(3);
    expect(client('body', undefined, '').children).toEqual([]);
  });

  it('does not take xmlns for an attribute', () => {
    expect(() => attributes({ xmlns: 'n' })).toThrow(TypeError);
  });
});

describe('an element', () => {
  it('finds its children by name and namespace', () => {
    expect(message.child('body')?.text()).toBe('hi');
    expect(message.child('x')).toBeUndefined();
    expect(message.child('x', NS_TLS)).toBe(message.childNs(NS_TLS));
    expect(message.childText('body')).toBe('hi');
    expect(message.childText('subject')).toBeUndefined();
    expect(message.elements()).toHaveLength(2);
    expect(message.elements('body')).toHaveLength(1);
    expect(message.elements('x')).toHaveLength(0);
    expect(message.text()).toBe('text');
  });

  it('is copied with attributes changed and children shared', () => {
    const copy = message.with({ to: undefined, from: 'c@d' });
    expect({ ...copy.attrs }).toEqual({ from: 'c@d' });
    expect(copy.children).toBe(message.children);
    expect(message.attr('to')).toBe('a@b');
    expect(new Element('a', '', attributes({ constructor: '1' })).with({}).attr('constructor')).toBe('1');
  });
});

describe('serialised', () => {
  it('an element has xmlns only where it differs from the context', () => {
    expect(message.toString(NS_CLIENT)).toBe(`<message to="a@b"><body>hi</body><x xmlns="${NS_TLS}"/>text</message>`);
    expect(message.toString()).toMatch(/^<message xmlns="jabber:client" to=/);
    expect(client('a', {}, new Element('b', '')).toString(NS_CLIENT)).toBe('<a><b xmlns=""/></a>');
  });

  it('the pieces make the whole', () => {
    const attributes = serializeAttributes(message.attrs);
    expect(attributes).toBe(' to="a@b"');
    expect(`<message${attributes}>${serializeChildren(message.children, message.ns)}</message>`).toBe(
      message.toString(NS_CLIENT),
    );
  });

  it('an element of the stream has its prefix, and declares it where no header did', () => {
    const features = stream('features', {}, tls('starttls'), client('a'));
    const content = `<starttls xmlns="${NS_TLS}"/>`;
    expect(features.toString(NS_CLIENT)).toBe(`<stream:features>${content}<a/></stream:features>`);
    const alone = `<stream:features xmlns:stream="${NS_STREAMS}">${content}<a xmlns="jabber:client"/></stream:features>`;
    expect(serializeNonza(features, { declareStream: true, contextNs: '' })).toBe(alone);
    expect(features.toString()).toBe(alone);
  });

  it('values are escaped such that they survive normalisation', () => {
    expect(escapeText('a<b>&c\r\n"\'\t')).toBe('a&lt;b&gt;&amp;c&#13;\n"\'\t');
    expect(escapeAttribute('a<b>&c\r\n"\'\t')).toBe('a&lt;b&gt;&amp;c&#13;&#10;&quot;&apos;&#9;');
  });

  it('characters that XML forbids become U+FFFD, because they would end the stream of the recipient', () => {
    expect(escapeText('a\0\x1f\ud800b😀\uffff')).toBe('a\ufffd\ufffd\ufffdb😀\ufffd');
    expect(escapeAttribute('\x01\udc00😀')).toBe('\ufffd\ufffd😀');
  });
});
