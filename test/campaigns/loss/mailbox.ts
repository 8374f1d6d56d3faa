/** XEP-0359, XEP-0198 §4: what a client keeps of the messages it got, each one once (docs/archive.md) */
import { childNamed, elements, textOf, type XmlNode } from '../../scenarios/runner/xml.ts';

export class Mailbox {
  readonly #owner: string;
  /** The numbers of what came from each sender, in the order it was shown to the user. */
  readonly received = new Map<string, number[]>();
  /** The greatest number of the archive seen (XEP-0313 §6.3: after it is what is missing). */
  position = 0;
  /** What was under each number of the archive: XEP-0359's stanza-id. */
  readonly archived = new Map<number, string>();
  /** What the server did that it must not do. */
  readonly wrong: string[] = [];
  /** Copies dropped: of what has the same stanza-id, and of what a sender without an acknowledgement sent again. */
  readonly dropped = { byStanzaId: 0, sentAgain: 0 };
  /** Sender and id of each message. */
  readonly #ids = new Set<string>();
  /** Numbers of what came to the present session. */
  #live = new Set<number>();

  /** @param owner bare JID */
  constructor(owner: string) {
    this.#owner = owner;
  }

  /** How many messages there are. */
  get size(): number {
    return this.#ids.size;
  }

  /** What comes from now on comes to another session. */
  newSession(): void {
    this.#live = new Set();
  }

  /** A message that came to the session, not as an answer of the archive. */
  takeLive(message: XmlNode): void {
    const id = elements(message).find(({ name, attrs }) => name === 'stanza-id' && attrs.by === this.#owner)?.attrs.id;
    if (id === undefined) {
      this.wrong.push(`${this.#owner} got ${message.attrs.id} without a stanza-id`);
      return;
    }
    const seq = Number(id);
    if (this.#live.has(seq)) this.wrong.push(`${this.#owner} got ${seq} twice in one session`);
    this.#live.add(seq);
    this.take(message, seq);
  }

  /** @param seq its number in the archive */
  take(message: XmlNode, seq: number): void {
    const origin = message.attrs.id ?? '';
    const known = this.archived.get(seq);
    if (known !== undefined && known !== origin) {
      this.wrong.push(`${this.#owner}: number ${seq} was given to ${known} and to ${origin}`);
    }
    this.position = Math.max(this.position, seq);
    const [from] = message.attrs.from?.split('/') ?? [];
    const isOwn = from === this.#owner;
    if (known !== undefined) {
      if (!isOwn) this.dropped.byStanzaId++;
      return;
    }
    this.archived.set(seq, origin);
    if (isOwn) return;
    if (this.#ids.has(`${from} ${origin}`)) {
      this.dropped.sentAgain++;
      return;
    }
    this.#ids.add(`${from} ${origin}`);
    const body = childNamed(message, 'body');
    // Sender, number, and something of any length.
    const [sender = '', number = ''] = body === undefined ? [] : textOf(body).split(' ');
    const numbers = this.received.get(sender);
    if (numbers === undefined) this.received.set(sender, [Number(number)]);
    else numbers.push(Number(number));
  }
}
