/** RFC 6120 §8 and §11: the immutable XML element that stanzas, payloads and nonzas are made of. */
import { serialize } from './serialize.ts';

/** A child of an element: an element, or character data. */
export type Node = Element | string;

/**
 * Attributes by qualified name as written (`id`, `xml:lang`, `xmlns:x`); `xmlns` itself is never among them, it is
 * `Element.ns`. The object has no inherited keys, so any name can be looked up.
 */
export type Attributes = Readonly<Record<string, string>>;

// A constructor keeps the objects in V8's fast mode, which Object.create(null) does not.
function NullPrototype() {}
NullPrototype.prototype = Object.create(null);
const Bag = NullPrototype as unknown as new () => Record<string, string>;

const NO_ATTRIBUTES: Attributes = Object.freeze(new Bag());
const NO_CHILDREN: readonly Node[] = Object.freeze([]);

/** An empty attribute object to be filled by its only owner before anybody else sees it. */
export function newAttributes(): Record<string, string> {
  return new Bag();
}

/** Attributes from a plain object; keys whose value is undefined are left out. */
export function attributes(from: Record<string, string | undefined>): Attributes {
  const bag = new Bag();
  for (const key in from) {
    const value = from[key];
    if (value === undefined) continue;
    if (key === 'xmlns') throw new TypeError('xmlns is not an attribute: pass the namespace of the element');
    bag[key] = value;
  }
  return bag;
}

export class Element {
  /** Local name. */
  readonly name: string;
  /** Namespace name, resolved; '' when in no namespace. */
  readonly ns: string;
  readonly attrs: Attributes;
  readonly children: readonly Node[];

  constructor(name: string, ns: string, attrs: Attributes = NO_ATTRIBUTES, children: readonly Node[] = NO_CHILDREN) {
    this.name = name;
    this.ns = ns;
    this.attrs = attrs;
    this.children = children;
  }

  is(name: string, ns: string): boolean {
    return this.name === name && this.ns === ns;
  }

  attr(name: string): string | undefined {
    return this.attrs[name];
  }

  /** The first child element of that name; its namespace defaults to this element's. */
  child(name: string, ns: string = this.ns): Element | undefined {
    for (const node of this.children) {
      if (typeof node !== 'string' && node.name === name && node.ns === ns) return node;
    }
    return undefined;
  }

  /** The first child element in that namespace. */
  childNs(ns: string): Element | undefined {
    for (const node of this.children) {
      if (typeof node !== 'string' && node.ns === ns) return node;
    }
    return undefined;
  }

  /** All child elements, or those of a name, in this element's namespace unless another is given. */
  elements(name?: string, ns: string = this.ns): Element[] {
    const found: Element[] = [];
    for (const node of this.children) {
      if (typeof node === 'string') continue;
      if (name === undefined || (node.name === name && node.ns === ns)) found.push(node);
    }
    return found;
  }

  /** The character data of this element itself, without its descendants'. */
  text(): string {
    let text = '';
    for (const node of this.children) {
      if (typeof node === 'string') text += node;
    }
    return text;
  }

  /** The text of the first child element of that name, undefined when there is no such child. */
  childText(name: string, ns: string = this.ns): string | undefined {
    return this.child(name, ns)?.text();
  }

  /** A copy with attributes set, or removed where the value is undefined; the children are shared. */
  with(attrs: Record<string, string | undefined>): Element {
    const bag = new Bag();
    for (const key in this.attrs) {
      if (!Object.hasOwn(attrs, key)) bag[key] = this.attrs[key] as string;
    }
    return new Element(this.name, this.ns, Object.assign(bag, attributes(attrs)), this.children);
  }

  /**
   * The element as XML. `xmlns` is written only where it differs from the context; with contextNs '' the text stands
   * alone as a document.
   */
  toString(contextNs = ''): string {
    return serialize(this, contextNs, contextNs === '');
  }
}
