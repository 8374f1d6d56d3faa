/** RFC 6120 §4.2, §4.4, §11: the XML stream of one TCP connection, from bytes to elements. */
import { isAscii } from 'node:buffer';
import { BANG, LT, QUESTION, SLASH, skipSpace } from './chars.ts';
import { Element } from './element.ts';
import { ElementReader } from './element-reader.ts';
import { endTag } from './end-tag.ts';
import { XmlError, type XmlLimits } from './error.ts';
import { Pending } from './pending.ts';
import { Scope } from './scope.ts';
import { StartTag } from './start-tag.ts';
import { decodeUtf8, incompleteTail } from './utf8.ts';
import { checkDeclaration } from './xml-declaration.ts';

/** What the parser calls, synchronously and in the order of the input. */
export interface XmlSink {
  /** The start tag of the root; no children, all its attributes with the declarations of prefixes. */
  streamOpened(header: Element): void;
  /** A complete child of the root. */
  element(el: Element): void;
  /** The end tag of the root. */
  streamClosed(): void;
}

/**
 * start: nothing of the document was read. restarted: likewise, white space may still belong to the document before.
 * prolog: the root has not begun. open: inside of the root. closed: after it, or after an error.
 */
type Phase = 'start' | 'restarted' | 'prolog' | 'open' | 'closed';

// Read from before the sink is called, hence shared.
const tag = new StartTag(Scope.EMPTY);

/** Holds nothing between stanzas but these few fields. */
export class XmlParser {
  sink: XmlSink;
  limits: XmlLimits;
  #phase: Phase = 'start';
  #scope = Scope.EMPTY;
  #rootName = '';
  /** The child of the root that is being read. */
  #reader: ElementReader | undefined;
  /** A token outside of the children of the root that is incomplete. */
  #pending: Pending | undefined;
  /** Bytes of what is incomplete that came with earlier writes. */
  #size = 0;
  /** An incomplete UTF-8 sequence, one character for each byte. */
  #partial = '';
  /** Bytes of the current write, and whether they are more than its characters. */
  #arrived = 0;
  #isWide = false;
  #isDiscarding = false;

  constructor(sink: XmlSink, limits: XmlLimits) {
    this.sink = sink;
    this.limits = limits;
  }

  /** The default namespace declared by the stream header, '' when there is none (RFC 6120 §4.8.2). */
  get contentNs(): string {
    return this.#scope.defaultNs;
  }

  /** Set by the sink when the stream is opened: what has no prefix is in this namespace from now on. */
  set contentNs(ns: string) {
    this.#scope = this.#scope.withDefault(ns);
  }

  /** Reads on. Throws XmlError when the input is refused; what is written after that, or after the root, is dropped. */
  write(bytes: Buffer): void {
    this.#isDiscarding = false;
    if (this.#phase === 'closed') return;
    try {
      const s = this.#decode(bytes);
      const from = this.#pending === undefined ? 0 : this.#resume(this.#pending, s);
      this.#run(s, from, from);
    } catch (error) {
      this.#phase = 'closed';
      throw error;
    }
  }

  /** A new document begins after the current token (RFC 6120 §5.4.3.3, §6.4.6); may be called by the sink. */
  restart(): void {
    this.#phase = 'restarted';
    this.#scope = Scope.EMPTY;
    this.#rootName = '';
    this.#reader = undefined;
    this.#pending = undefined;
    this.#size = 0;
  }

  /** Called by the sink: what came in the same packet after the current token is dropped (RFC 6120 §5.4.3.3). */
  discardRest(): void {
    this.#isDiscarding = true;
    this.#partial = '';
  }

  #decode(bytes: Buffer): string {
    const whole = this.#partial === '' ? bytes : Buffer.concat([Buffer.from(this.#partial, 'latin1'), bytes]);
    this.#arrived = whole.length;
    this.#isWide = !isAscii(whole);
    if (!this.#isWide) return whole.toString('latin1');
    const end = whole.length - incompleteTail(whole);
    this.#partial = whole.toString('latin1', end);
    return decodeUtf8(whole.subarray(0, end));
  }

  /** Completes the pending token if s can. Gives the index in s after it. */
  #resume(pending: Pending, s: string): number {
    const end = pending.take(s, 0);
    this.#count(s, 0, end === -1 ? s.length : end);
    if (end === -1) return s.length;
    this.#pending = undefined;
    this.#run(pending.text, 0, pending.text.length);
    return end;
  }

  /** Reads s from index i; what is before index counted is part of #size already. */
  #run(s: string, i: number, counted: number): void {
    while (i < s.length && this.#phase !== 'closed' && !this.#isDiscarding) {
      if (this.#reader === undefined) {
        const start = this.#skipSpace(s, i);
        if (start === s.length) return;
        counted = Math.max(counted, start);
        i = this.#outside(s, start, counted);
      } else {
        i = this.#reader.read(s, i);
        const element = this.#reader.element;
        if (element === undefined) return this.#count(s, counted, i);
        this.#finish(s, counted, i);
        this.#reader = undefined;
        this.sink.element(element);
      }
      counted = Math.max(counted, i);
    }
  }

  /** White space between stanzas keeps connections alive (RFC 6120 §11.7). */
  #skipSpace(s: string, i: number): number {
    const start = skipSpace(s, i);
    if (start !== i && this.#phase === 'start') this.#phase = 'prolog';
    if (start === s.length || s.charCodeAt(start) === LT) return start;
    if (this.#phase === 'open') throw new XmlError('bad-format', 'text between stanzas');
    throw new XmlError('not-well-formed', 'text before the root element'); // a byte order mark too, RFC 6120 §11.6
  }

  /** Reads markup that is not inside of a child of the root. Gives the index from where to go on. */
  #outside(s: string, start: number, counted: number): number {
    const c = s.charCodeAt(start + 1);
    let end = -1;
    if (this.#phase === 'open') {
      if (c === SLASH) end = endTag(s, start, this.#rootName);
      else if (start + 1 < s.length) {
        this.#reader = new ElementReader(this.#scope, this.limits);
        return start;
      }
    } else if (c === QUESTION) {
      end = this.#declaration(s, start);
    } else if (c === BANG) {
      throw new XmlError('restricted-xml', 'comment or DTD'); // RFC 6120 §11.1
    } else {
      end = tag.read(s, start, Scope.EMPTY, this.limits);
    }
    if (end === -1) return this.#suspend(s, start, counted);
    this.#finish(s, counted, end);
    if (c === SLASH) this.#close();
    else if (c !== QUESTION) this.#opened();
    return end;
  }

  #declaration(s: string, start: number): number {
    if (this.#phase === 'prolog') throw new XmlError('restricted-xml', 'processing instruction'); // RFC 6120 §11.1
    const declaration = new Pending();
    const end = declaration.take(s, start);
    if (end !== -1) {
      checkDeclaration(declaration.text);
      this.#phase = 'prolog';
    }
    return end;
  }

  #opened(): void {
    const isEmpty = tag.isEmpty;
    this.#phase = 'open';
    this.#scope = tag.scope;
    this.#rootName = tag.qname;
    this.sink.streamOpened(new Element(tag.name, tag.ns, tag.attrs));
    if (isEmpty) this.#close();
  }

  #close(): void {
    this.#phase = 'closed';
    this.sink.streamClosed();
  }

  #suspend(s: string, start: number, counted: number): number {
    this.#pending = new Pending();
    this.#pending.take(s, start);
    this.#count(s, counted, s.length);
    return s.length;
  }

  /** Like #count for the last bytes of something; nothing needs counting when all that came is within the limit. */
  #finish(s: string, from: number, to: number): void {
    if (this.#size + this.#arrived > this.limits.stanzaBytes) this.#count(s, from, to);
    this.#size = 0;
  }

  /** Counts bytes of what is being read. */
  #count(s: string, from: number, to: number): void {
    if (from >= to) return;
    this.#size += this.#isWide ? Buffer.byteLength(s.slice(from, to)) : to - from;
    if (this.#size > this.limits.stanzaBytes) throw new XmlError('policy-violation', 'stanza too big');
  }
}
