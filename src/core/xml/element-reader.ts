/** XML 1.0 §3: one element with all it contains, read from pieces of text. Lives only while the element is incomplete. */
import { BANG, LT, QUESTION, SLASH } from './chars.ts';
import { Element, type Node } from './element.ts';
import { endTag } from './end-tag.ts';
import { XmlError, type XmlLimits } from './error.ts';
import { NS_STREAMS } from './namespaces.ts';
import { CDATA, Pending } from './pending.ts';
import { Scope } from './scope.ts';
import { StartTag } from './start-tag.ts';
import { readCdata, readText } from './values.ts';

/** An element whose end tag has not come. */
interface Open {
  readonly qname: string;
  readonly element: Element;
  readonly children: Node[];
  readonly scope: Scope;
  readonly parent: Open | undefined;
}

// Read from before anybody else is called, hence shared.
const tag = new StartTag(Scope.EMPTY);

export class ElementReader {
  /** The element, once it is complete. */
  element: Element | undefined;
  readonly #scope: Scope;
  readonly #limits: XmlLimits;
  #open: Open | undefined;
  #depth = 0;
  /** Characters of namespace names that will be written more often than they came. */
  #repeated = 0;
  #pending: Pending | undefined;

  constructor(scope: Scope, limits: XmlLimits) {
    this.#scope = scope;
    this.#limits = limits;
  }

  /** Reads on at index i, at first at the `<`. Gives the index after the element, or the end of s when more is needed. */
  read(s: string, i: number): number {
    const pending = this.#pending;
    if (pending !== undefined) {
      const end = pending.take(s, i);
      if (end === -1) return s.length;
      this.#pending = undefined;
      if (pending.isText) this.#append(readText(pending.text));
      else this.#markup(pending.text, 0);
      i = end;
    }
    while (i < s.length && this.element === undefined) {
      const end = s.charCodeAt(i) === LT ? this.#markup(s, i) : this.#text(s, i);
      if (end === -1) return this.#suspend(s, i);
      i = end;
    }
    return i;
  }

  #suspend(s: string, i: number): number {
    this.#pending = new Pending();
    this.#pending.take(s, i);
    return s.length;
  }

  // The token readers give the index after the token, -1 when s ends before the token does.

  #text(s: string, i: number): number {
    const end = s.indexOf('<', i);
    if (end !== -1) this.#append(readText(s.slice(i, end)));
    return end;
  }

  #markup(s: string, i: number): number {
    switch (s.charCodeAt(i + 1)) {
      case SLASH:
        return this.#endTag(s, i);
      case BANG:
        return this.#cdata(s, i);
      case QUESTION:
        throw new XmlError('restricted-xml', 'processing instruction'); // RFC 6120 §11.1
      default:
        return this.#startTag(s, i);
    }
  }

  #startTag(s: string, i: number): number {
    const parent = this.#open;
    const end = tag.read(s, i, parent === undefined ? this.#scope : parent.scope, this.#limits);
    if (end === -1) return -1;
    if (this.#depth === this.#limits.depth) throw new XmlError('policy-violation', 'elements nested too deep');
    // RFC 6120 §4.2: its end would be waited for as long as the limits allow. A document has no stream around it.
    if (parent === undefined && tag.ns === NS_STREAMS && tag.name === 'stream' && this.#scope !== Scope.EMPTY) {
      throw new XmlError('bad-format', 'a stream cannot be opened inside a stream');
    }
    this.#countRepeated(parent === undefined ? this.#scope.defaultNs : parent.element.ns);
    if (tag.isEmpty) {
      this.#close(new Element(tag.name, tag.ns, tag.attrs), parent);
      return end;
    }
    const children: Node[] = [];
    const element = new Element(tag.name, tag.ns, tag.attrs, children);
    this.#open = { qname: tag.qname, element, children, scope: tag.scope, parent };
    this.#depth++;
    return end;
  }

  /** One long name behind a short prefix would make a stanza grow a thousandfold on its way to others. */
  #countRepeated(outerNs: string): void {
    this.#repeated += tag.ns === outerNs ? tag.copied : tag.copied + tag.ns.length;
    if (this.#repeated > this.#limits.stanzaBytes) throw new XmlError('policy-violation', 'namespaces too long');
  }

  #endTag(s: string, i: number): number {
    const open = this.#open;
    if (open === undefined) throw new XmlError('not-well-formed', 'end tag without a start tag');
    const end = endTag(s, i, open.qname);
    if (end === -1) return -1;
    this.#open = open.parent;
    this.#depth--;
    this.#close(open.element, open.parent);
    return end;
  }

  #cdata(s: string, i: number): number {
    if (!s.startsWith(CDATA, i)) {
      if (CDATA.startsWith(s.slice(i))) return -1;
      throw new XmlError('restricted-xml', 'comment or DTD'); // RFC 6120 §11.1
    }
    const end = s.indexOf(']]>', i + CDATA.length);
    if (end === -1) return -1;
    this.#append(readCdata(s.slice(i + CDATA.length, end)));
    return end + 3;
  }

  #close(element: Element, parent: Open | undefined): void {
    if (parent === undefined) this.element = element;
    else this.#push(parent, element);
  }

  #append(text: string): void {
    const open = this.#open;
    if (open === undefined) throw new XmlError('bad-format', 'text between stanzas');
    const last = open.children.length - 1;
    const before = open.children[last];
    if (typeof before === 'string') open.children[last] = before + text;
    else if (text !== '') this.#push(open, text);
  }

  #push(parent: Open, node: Node): void {
    if (parent.children.length >= this.#limits.children) throw new XmlError('policy-violation', 'too many children');
    parent.children.push(node);
  }
}
