/** Requests that are asked as an iq (RFC 6120 §8.2.3) */
import { type Element, Iq, Jid, JidError, type Message, type Stanza, StanzaError } from '#core';
import { Command } from '#protocol/mars';
import type { Request } from '../request.ts';
import type { MarsSession } from './mars-session.ts';
import { Pending } from './pending.ts';
import { iqKey } from './pending-requests.ts';

/** Makes the answer of what came: the result, without errors. */
export type Reply = (result: Iq) => void;
/** Takes a message that belongs to the answer, and comes before it. True: it is no push. */
export type Gather = (message: Message) => boolean;

export interface AskOptions {
  readonly gather?: Gather;
  /** What is done when the server refuses with item-not-found, in place of a refusal. */
  readonly missing?: () => void;
}

/**
 * Sends an iq of type get or set.
 *
 * @throws StanzaError conflict: another request has this id; resource-constraint, jid-malformed
 */
export function ask(mars: MarsSession, request: Request, iq: Element, reply: Reply, options: AskOptions): void {
  const id = iq.attrs.id ?? mars.pending.newId();
  if (mars.pending.has(iqKey(id))) throw new StanzaError('conflict', `a request with id ${id} waits for its answer`);
  const question = new Question(mars, request, id, addressee(mars, iq.attrs.to), reply, options);
  mars.pending.start(question, iq.attrs.id === undefined ? iq.with({ id }) : iq);
}

function addressee({ session }: MarsSession, to: string | undefined): Jid {
  try {
    return to === undefined ? session.user : Jid.parse(to);
  } catch (error) {
    if (error instanceof JidError) throw new StanzaError('jid-malformed', error.message, { cause: error });
    throw error;
  }
}

class Question extends Pending {
  readonly #to: Jid;
  readonly #reply: Reply;
  readonly #options: AskOptions;

  constructor(mars: MarsSession, request: Request, id: string, to: Jid, reply: Reply, options: AskOptions) {
    super(mars, request, iqKey(id));
    this.#to = to;
    this.#reply = reply;
    this.#options = options;
  }

  take(stanza: Stanza): boolean {
    if (!(stanza instanceof Iq) || !this.#isFrom(stanza.from)) return false;
    if (stanza.type === 'error' && this.request.cmdid !== Command.iq) this.fail(stanza);
    else this.succeed(() => this.#reply(stanza));
    return true;
  }

  override gathers(message: Message): boolean {
    const { gather } = this.#options;
    return gather !== undefined && this.#isFrom(message.from) && gather(message);
  }

  override refused(error: StanzaError): void {
    const { missing } = this.#options;
    if (missing !== undefined && error.condition === 'item-not-found') this.succeed(missing);
    else super.refused(error);
  }

  #isFrom(from: Jid | undefined): boolean {
    // RFC 6120 §10.3: what names nobody is the account's own.
    return this.#to.equals(from ?? this.mars.session.user);
  }

  override late(): boolean {
    if (this.request.cmdid !== Command.iq) {
      super.late();
      return true;
    }
    this.request.answer({ payload: { case: 'iq', value: { deferred: true } } });
    return false;
  }
}
