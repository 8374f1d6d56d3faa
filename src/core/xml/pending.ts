/** A token whose end has not arrived: collected without looking at any character twice, however small the pieces. */
import { APOSTROPHE, GT, LT, QUOTE } from './chars.ts';
import { XmlError } from './error.ts';

export const CDATA = '<![CDATA[';

type Kind = 'text' | 'tag' | 'cdata' | 'undecided';

export class Pending {
  /** What was taken, all of the token in the end. */
  text = '';
  #kind: Kind = 'undecided';
  /** In a tag: the quote that is open, or 0. In a CDATA section: how many `]` came last. */
  #state = 0;

  get isText(): boolean {
    return this.#kind === 'text';
  }

  /** Takes what belongs to the token from index i on. Gives the index after it, -1 when all of s belongs to it. */
  take(s: string, i: number): number {
    while (this.#kind === 'undecided') {
      if (i === s.length) return -1;
      this.text += s[i++];
      this.#kind = kindOf(this.text);
    }
    const end = this.#end(s, i);
    this.text += end === -1 ? s.slice(i) : s.slice(i, end);
    return end;
  }

  #end(s: string, i: number): number {
    if (this.#kind === 'text') return s.indexOf('<', i);
    if (this.#kind === 'tag') return this.#tagEnd(s, i);
    const brackets = this.#state;
    const rest = ']'.repeat(brackets) + s.slice(i);
    const end = rest.indexOf(']]>');
    if (end !== -1) return i + end + 3 - brackets;
    this.#state = rest.endsWith(']]') ? 2 : rest.endsWith(']') ? 1 : 0;
    return -1;
  }

  #tagEnd(s: string, i: number): number {
    let quote = this.#state;
    for (; i < s.length; i++) {
      const c = s.charCodeAt(i);
      if (quote !== 0) {
        if (c === quote) quote = 0;
      } else if (c === GT) {
        return i + 1;
      } else if (c === QUOTE || c === APOSTROPHE) {
        quote = c;
      }
    }
    this.#state = quote;
    return -1;
  }
}

function kindOf(start: string): Kind {
  if (start.charCodeAt(0) !== LT) return 'text';
  if (start === CDATA) return 'cdata';
  if (CDATA.startsWith(start)) return 'undecided';
  if (start.startsWith('<!')) throw new XmlError('restricted-xml', 'comment or DTD'); // RFC 6120 §11.1
  return 'tag';
}
