/** XML 1.0 §3.1 with Namespaces in XML 1.0: one start tag or empty-element tag. */
import { APOSTROPHE, EQUALS, GT, isNameLike, QUOTE, SLASH, skipSpace } from './chars.ts';
import { type Attributes, newAttributes } from './element.ts';
import { XmlError, type XmlLimits } from './error.ts';
import { namespaceName, qname } from './names.ts';
import type { Scope } from './scope.ts';
import { readValue } from './values.ts';

/** Reads tags; after each the fields tell what was in it. One reader serves everybody, as reading is synchronous. */
export class StartTag {
  /** Name as written, to be matched by the end tag. */
  qname = '';
  name = '';
  ns = '';
  attrs: Attributes | undefined;
  scope: Scope;
  isEmpty = false;
  /** Characters of namespace names copied into `attrs` from further out. */
  copied = 0;
  #hasDefault = false;
  #attrs: Record<string, string> | undefined;
  #prefixed: string[] | undefined;

  constructor(scope: Scope) {
    this.scope = scope;
  }

  /** Reads the tag whose `<` is at index i. Gives the index after it, -1 when s ends before the tag does. */
  read(s: string, i: number, outer: Scope, limits: XmlLimits): number {
    let end = nameEnd(s, i + 1);
    if (end === s.length) return -1;
    this.qname = qname(s, i + 1, end);
    this.scope = outer;
    this.copied = 0;
    this.#hasDefault = false;
    this.#attrs = undefined;
    this.#prefixed = undefined;
    let count = 0;
    for (;;) {
      const next = skipSpace(s, end);
      if (next === s.length) return -1;
      const c = s.charCodeAt(next);
      if (c === GT) {
        this.#finish(false);
        return next + 1;
      }
      if (c === SLASH) {
        if (next + 1 === s.length) return -1;
        if (s.charCodeAt(next + 1) !== GT) throw new XmlError('not-well-formed', '/ inside a tag');
        this.#finish(true);
        return next + 2;
      }
      if (next === end) throw new XmlError('not-well-formed', 'no white space before an attribute');
      if (++count > limits.attributes) throw new XmlError('policy-violation', 'too many attributes');
      end = this.#attribute(s, next);
      if (end === -1) return -1;
    }
  }

  #attribute(s: string, start: number): number {
    const end = nameEnd(s, start);
    let i = end;
    if (s.charCodeAt(i) !== EQUALS) i = skipSpace(s, i);
    if (i === s.length) return -1;
    const name = qname(s, start, end);
    if (s.charCodeAt(i) !== EQUALS) throw new XmlError('not-well-formed', 'attribute without a value');
    i = skipSpace(s, i + 1);
    if (i === s.length) return -1;
    const quote = s.charCodeAt(i);
    if (quote !== QUOTE && quote !== APOSTROPHE) throw new XmlError('not-well-formed', 'value without quotes');
    const close = s.indexOf(quote === QUOTE ? '"' : "'", i + 1);
    if (close === -1) return -1;
    this.#add(name, readValue(s.slice(i + 1, close)));
    return close + 1;
  }

  #add(name: string, value: string): void {
    if (name === 'xmlns') {
      if (this.#hasDefault) throw new XmlError('not-well-formed', 'xmlns given twice');
      this.#hasDefault = true;
      this.scope = this.scope.withDefault(namespaceName(value));
      return;
    }
    this.#attrs ??= newAttributes();
    if (this.#attrs[name] !== undefined) throw new XmlError('not-well-formed', 'attribute given twice');
    this.#attrs[name] = value;
    if (!name.includes(':')) return;
    if (name.startsWith('xmlns:')) {
      this.scope = this.scope.withPrefix(name.slice(6), namespaceName(value));
    } else if (!name.startsWith('xml:')) {
      this.#prefixed ??= [];
      this.#prefixed.push(name);
    }
  }

  #finish(isEmpty: boolean): void {
    this.isEmpty = isEmpty;
    const colon = this.qname.indexOf(':');
    this.name = colon === -1 ? this.qname : this.qname.slice(colon + 1);
    this.ns = colon === -1 ? this.scope.defaultNs : this.scope.resolve(this.qname.slice(0, colon));
    if (this.#attrs !== undefined && this.#prefixed !== undefined) this.#declare(this.#prefixed, this.#attrs);
    this.attrs = this.#attrs;
  }

  /** Copies declarations from further out to where they are used: the element may go to another stream. */
  #declare(prefixed: readonly string[], attrs: Record<string, string>): void {
    const expanded = new Set<string>();
    for (const name of prefixed) {
      const colon = name.indexOf(':');
      const prefix = name.slice(0, colon);
      const ns = this.scope.resolve(prefix);
      expanded.add(`${ns} ${name.slice(colon + 1)}`);
      if (attrs[`xmlns:${prefix}`] !== undefined) continue;
      attrs[`xmlns:${prefix}`] = ns;
      this.copied += ns.length;
    }
    // Namespaces in XML 1.0 §6.3: two prefixes may stand for one namespace.
    if (expanded.size < prefixed.length) throw new XmlError('not-well-formed', 'attribute given twice');
  }
}

function nameEnd(s: string, i: number): number {
  while (i < s.length && isNameLike(s.charCodeAt(i))) i++;
  return i;
}
