/** Namespaces in XML 1.0 §3, §6: which namespaces are in force at a point of the document. */
import { XmlError } from './error.ts';
import { NS_STREAMS, NS_XML, NS_XMLNS } from './namespaces.ts';

/** One prefix declared, and those declared before it. */
interface Binding {
  readonly prefix: string;
  readonly ns: string;
  readonly outer: Binding | undefined;
  /** How many there are with this one. */
  readonly count: number;
}

/** Each prefix in use is looked for among all in force, so that there cannot be thousands. */
const MAX_PREFIXES = 128;

// Nearly every stream declares this and nothing else: all of them share one object.
const STREAM_BINDING: Binding = { prefix: 'stream', ns: NS_STREAMS, outer: undefined, count: 1 };

export class Scope {
  static readonly EMPTY = new Scope('', undefined);

  /** The default namespace, '' when there is none. */
  readonly defaultNs: string;
  readonly #bindings: Binding | undefined;

  private constructor(defaultNs: string, bindings: Binding | undefined) {
    this.defaultNs = defaultNs;
    this.#bindings = bindings;
  }

  withDefault(ns: string): Scope {
    if (ns === this.defaultNs) return this;
    if (ns === NS_XML || ns === NS_XMLNS) throw new XmlError('not-well-formed', 'reserved namespace');
    return new Scope(ns, this.#bindings);
  }

  withPrefix(prefix: string, ns: string): Scope {
    if (prefix === 'xmlns' || (prefix === 'xml') !== (ns === NS_XML) || ns === NS_XMLNS) {
      throw new XmlError('not-well-formed', 'reserved prefix or namespace');
    }
    if (ns === '') throw new XmlError('not-well-formed', 'a prefix cannot be undeclared');
    if (this.lookup(prefix) === ns) return this;
    const outer = this.#bindings;
    if (outer === undefined && prefix === 'stream' && ns === NS_STREAMS) {
      return new Scope(this.defaultNs, STREAM_BINDING);
    }
    const count = outer === undefined ? 1 : outer.count + 1;
    if (count > MAX_PREFIXES) throw new XmlError('policy-violation', 'too many prefixes');
    return new Scope(this.defaultNs, { prefix, ns, outer, count });
  }

  /** The namespace of a prefix, undefined when it was not declared. */
  lookup(prefix: string): string | undefined {
    if (prefix === 'xml') return NS_XML;
    for (let binding = this.#bindings; binding !== undefined; binding = binding.outer) {
      if (binding.prefix === prefix) return binding.ns;
    }
    return undefined;
  }

  /** The namespace of a prefix in use. */
  resolve(prefix: string): string {
    const ns = this.lookup(prefix);
    if (ns === undefined) throw new XmlError('not-well-formed', 'prefix was not declared'); // RFC 6120 §11.3
    return ns;
  }
}
