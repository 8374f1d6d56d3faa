/** Requests of a client that are answered by a stanza, of the server or of somebody else */
import { type Element, Iq, Jid, JidError, Message, type Stanza, StanzaError, type StanzaOutcome } from '#core';
import { Command } from '#protocol/mars';
import type { Request } from '../request.ts';
import { toBody } from '../stanza-mapping/stanza.ts';
import type { MarsSession } from './mars-session.ts';

/** The library gives a task up at 7 s at the earliest, and with it the connection. */
const PATIENCE_MS = 5_000;
/** What comes later than this for a request that was refused is a push like any other. */
const FORGOTTEN_MS = 60_000;

/** Makes the answer of what came: the result, without errors. */
export type Reply = (question: Question, result: Iq) => void;

export class Question implements StanzaOutcome {
  readonly request: Request;
  readonly id: string;
  readonly askedAt: number;
  /** Takes a message that belongs to the answer. True: it is no push. */
  readonly gather: ((message: Message) => boolean) | undefined;
  readonly #questions: Questions;
  readonly #to: Jid;
  readonly #reply: Reply;

  constructor(
    questions: Questions,
    request: Request,
    id: string,
    to: Jid,
    reply: Reply,
    gather?: (message: Message) => boolean,
  ) {
    this.#questions = questions;
    this.request = request;
    this.id = id;
    this.askedAt = questions.mars.session.host.clock.now();
    this.#to = to;
    this.#reply = reply;
    this.gather = gather;
  }

  isFrom(from: Jid | undefined): boolean {
    // RFC 6120 §10.3: what names nobody is the account's own.
    return this.#to.equals(from ?? this.#questions.mars.session.user);
  }

  settle(answer: Iq): void {
    if (answer.type === 'error' && this.request.cmdid !== Command.iq) {
      const { error, ext } = toBody(answer);
      return this.request.answer({ ...(error && { error }), ...(ext && { ext }) });
    }
    this.request.attempt(
      () => this.#reply(this, answer),
      (error) => this.#questions.mars.session.host.log.error({ err: error }, 'an answer failed'),
    );
  }

  copied(): void {}
  /** The answer comes as a stanza. */
  taken(): void {}

  refused(error: StanzaError): void {
    this.#questions.forget(this);
    this.request.refuse(error);
  }
}

export class Questions {
  readonly mars: MarsSession;
  readonly #open = new Map<string, Question>();
  #isWatched = false;
  #last = 0;

  constructor(mars: MarsSession) {
    this.mars = mars;
  }

  /**
   * Sends an iq of type get or set.
   *
   * @param gather takes the messages that come before the answer and belong to it
   * @throws StanzaError conflict: another request has this id; resource-constraint, jid-malformed
   */
  ask(request: Request, iq: Element, reply: Reply, gather?: (message: Message) => boolean): void {
    const { mars } = this;
    const id = iq.attrs.id ?? `m${++this.#last}`;
    const { pending_requests } = mars.connection.listener.config;
    if (this.#open.has(id)) throw new StanzaError('conflict', `a request with id ${id} waits for its answer`);
    if (this.#open.size >= pending_requests) {
      throw new StanzaError('resource-constraint', `at most ${pending_requests} requests can wait for their answers`);
    }
    const question = new Question(this, request, id, this.#addressee(iq.attrs.to), reply, gather);
    this.#open.set(id, question);
    mars.session.receive(iq.attrs.id === undefined ? iq.with({ id }) : iq, question);
    if (this.#isWatched || this.#open.size === 0) return;
    this.#isWatched = true;
    mars.connection.wakeIn(PATIENCE_MS);
  }

  #addressee(to: string | undefined): Jid {
    try {
      return to === undefined ? this.mars.session.user : Jid.parse(to);
    } catch (error) {
      if (error instanceof JidError) throw new StanzaError('jid-malformed', error.message, { cause: error });
      throw error;
    }
  }

  forget({ id }: Question): void {
    this.#open.delete(id);
  }

  /** Whether the stanza is an answer, or a part of one. */
  answeredBy(stanza: Stanza): boolean {
    if (this.#open.size === 0) return false;
    if (stanza instanceof Message) return this.#gathered(stanza);
    if (!(stanza instanceof Iq) || (stanza.type !== 'result' && stanza.type !== 'error')) return false;
    const question = this.#open.get(stanza.id ?? '');
    if (!question?.isFrom(stanza.from)) return false;
    this.#open.delete(question.id);
    question.settle(stanza);
    return true;
  }

  #gathered(message: Message): boolean {
    for (const question of this.#open.values()) {
      if (question.gather !== undefined && question.isFrom(message.from) && question.gather(message)) return true;
    }
    return false;
  }

  /** Nobody waits longer than the library does. @returns ms until the next one has to be told; Infinity for none */
  due(now: number): number {
    let next = Infinity;
    for (const question of this.#open.values()) {
      const { request, askedAt } = question;
      const left = askedAt + (request.isOpen ? PATIENCE_MS : FORGOTTEN_MS) - now;
      if (left > 0) next = Math.min(next, left);
      else next = Math.min(next, this.#late(question, now));
    }
    this.#isWatched = next !== Infinity;
    return next;
  }

  /** @returns ms until it is looked at again */
  #late(question: Question, now: number): number {
    const { request, askedAt } = question;
    if (!request.isOpen || request.cmdid === Command.iq) this.forget(question);
    if (!request.isOpen) return Infinity;
    if (request.cmdid === Command.iq) {
      request.answer({ payload: { case: 'iq', value: { deferred: true } } });
      return Infinity;
    }
    request.refuse(new StanzaError('remote-server-timeout', 'the answer takes too long'));
    return askedAt + FORGOTTEN_MS - now;
  }
}
