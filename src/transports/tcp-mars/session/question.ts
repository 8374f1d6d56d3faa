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

/**
 * Sends an iq of type get or set.
 *
 * @throws StanzaError conflict: another request has this id; resource-constraint, jid-malformed
 */
export function ask(mars: MarsSession, request: Request, iq: Element, reply: Reply, gather?: Gather): void {
  const id = iq.attrs.id ?? mars.pending.newId();
  if (mars.pending.has(iqKey(id))) throw new StanzaError('conflict', `a request with id ${id} waits for its answer`);
  const question = new Question(mars, request, id, addressee(mars, iq.attrs.to), reply, gather);
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
  readonly #gather: Gather | undefined;

  constructor(mars: MarsSession, request: Request, id: string, to: Jid, reply: Reply, gather: Gather | undefined) {
    super(mars, request, iqKey(id));
    this.#to = to;
    this.#reply = reply;
    this.#gather = gather;
  }

  take(stanza: Stanza): boolean {
    if (!(stanza instanceof Iq) || !this.#isFrom(stanza.from)) return false;
    if (stanza.type === 'error' && this.request.cmdid !== Command.iq) this.fail(stanza);
    else this.succeed(() => this.#reply(stanza));
    return true;
  }

  override gathers(message: Message): boolean {
    return this.#gather !== undefined && this.#isFrom(message.from) && this.#gather(message);
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
