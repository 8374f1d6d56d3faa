/** XEP-0220: Server Dialback, the elements and what one stream has asked */
import {
  type Element,
  escapeAttribute,
  escapeText,
  NS_CLIENT,
  NS_STANZAS,
  type StanzaCondition,
  StreamError,
} from '#core';
import { domainOf, keyOf, type Pair } from './pair.ts';
import type { ServerLink } from './server-link.ts';

/** What came of a key: an error is a dialback error (§2.5). */
export type Verdict = 'valid' | 'invalid' | { readonly error: StanzaCondition };

/** Calls when it is over, and is cancelled by what it gives. */
export type Patience = (over: () => void) => () => void;

/** Answers that were waited for too long and may still come: most that are remembered. */
const MOST_LATE = 100;

export interface DialbackHost {
  readonly link: ServerLink;
  /** The peer asks for authorisation (§2.2.1). */
  requested(pair: Pair, key: string): void;
  /** The peer asks whether we made a key (§2.2.2). */
  verdictOn(pair: Pair, streamId: string, key: string): Verdict;
  /** What we asked for is decided (§2.1.1). */
  decided(pair: Pair, verdict: Verdict): void;
  /** Ends the stream. */
  fail(error: StreamError): void;
}

/** §2.1: what was asked on this stream, and takes the answers; those that nobody asked for are attacks (§3.1). */
export class Dialback {
  readonly #host: DialbackHost;
  readonly #requests = new Set<string>();
  readonly #verifications = new Map<string, (verdict: Verdict) => void>();
  readonly #late = new Set<string>();

  constructor(host: DialbackHost) {
    this.#host = host;
  }

  /** §2.1.1, step 1. */
  request(pair: Pair, key: string): void {
    this.#requests.add(keyOf(pair));
    this.#host.link.write(tag('result', pair, '', escapeText(key)));
  }

  /** §2.1.2, step 2. */
  verify(pair: Pair, streamId: string, key: string, patience: Patience): Promise<Verdict> {
    const asked = `${keyOf(pair)} ${streamId}`;
    return new Promise((resolve) => {
      const cancel = patience(() => {
        if (this.#verifications.get(asked) === answered) this.#giveUp(asked);
        resolve({ error: 'remote-server-timeout' });
      });
      const answered = (verdict: Verdict): void => {
        cancel();
        resolve(verdict);
      };
      this.#verifications.set(asked, answered);
      this.#host.link.write(tag('verify', pair, ` id="${escapeAttribute(streamId)}"`, escapeText(key)));
    });
  }

  #giveUp(asked: string): void {
    this.#verifications.delete(asked);
    this.#late.add(asked);
    const [oldest] = this.#late;
    if (this.#late.size > MOST_LATE && oldest !== undefined) this.#late.delete(oldest);
  }

  /** §2.2.1, step 4. */
  answer(pair: Pair, verdict: Verdict): void {
    this.#host.link.write(tag('result', pair, ` type="${typeOf(verdict)}"`, errorIn(verdict)));
  }

  take(element: Element): void {
    const [from, to] = [domainOf(element.attr('from')), domainOf(element.attr('to'))];
    if (from === undefined || to === undefined) {
      return this.#host.fail(new StreamError('improper-addressing', 'dialback is between two domains'));
    }
    const pair = { local: to, remote: from };
    const isAnswer = element.attr('type') !== undefined;
    if (element.name === 'result') {
      if (!isAnswer) return this.#host.requested(pair, element.text().trim());
      if (this.#requests.delete(keyOf(pair))) return this.#host.decided(pair, verdictIn(element));
    } else if (element.name === 'verify') {
      const id = element.attr('id') ?? '';
      if (!isAnswer) return this.#reply(pair, id, element.text().trim());
      const key = `${keyOf(pair)} ${id}`;
      const waiting = this.#verifications.get(key);
      this.#verifications.delete(key);
      if (waiting !== undefined) return waiting(verified(element));
      if (this.#late.delete(key)) return;
    }
    // §3.1; it must not be taken for an answer to anything
    this.#host.fail(new StreamError('not-authorized', 'a dialback answer to nothing that was asked'));
  }

  /** §2.1.2: what was not answered has failed. */
  end(): void {
    for (const resolve of this.#verifications.values()) resolve({ error: 'remote-server-timeout' });
    this.#verifications.clear();
  }

  /** §2.2.2, step 3. */
  #reply(pair: Pair, id: string, key: string): void {
    const verdict = this.#host.verdictOn(pair, id, key);
    const more = ` id="${escapeAttribute(id)}" type="${typeOf(verdict)}"`;
    this.#host.link.write(tag('verify', pair, more, errorIn(verdict)));
  }
}

/** §2 has the prefix declared on the stream header, and some servers know no other. */
function tag(name: 'result' | 'verify', { local, remote }: Pair, more: string, content: string): string {
  return `<db:${name} from="${escapeAttribute(local)}" to="${escapeAttribute(remote)}"${more}>${content}</db:${name}>`;
}

function typeOf(verdict: Verdict): string {
  return typeof verdict === 'string' ? verdict : 'error';
}

function errorIn(verdict: Verdict): string {
  if (typeof verdict === 'string') return '';
  return `<error type="cancel"><${verdict.error} xmlns="${NS_STANZAS}"/></error>`;
}

/** §2.5: who asked for authorisation is told of no error of step 3 but this one. */
function verified(element: Element): Verdict {
  const verdict = verdictIn(element);
  return typeof verdict === 'string' ? verdict : { error: 'remote-server-not-found' };
}

function verdictIn(element: Element): Verdict {
  const type = element.attr('type');
  if (type === 'valid' || type === 'invalid') return type;
  const condition = element.child('error', NS_CLIENT)?.childNs(NS_STANZAS)?.name as StanzaCondition | undefined;
  return { error: condition ?? 'undefined-condition' };
}
