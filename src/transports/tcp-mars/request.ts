/** A frame that wants an answer, and gets exactly one */
import { StanzaError, type StanzaOutcome, StreamError } from '#core';
import type { Body, BodyInit } from '#protocol/mars';
import { errorBody } from './stanza-mapping/error.ts';

/** Where the answer goes. */
export interface Responder {
  respond(cmdid: number, seq: number, body: BodyInit): void;
}

export class Request implements StanzaOutcome {
  readonly cmdid: number;
  readonly seq: number;
  readonly body: Body;
  /** When the first stanza that it takes was sent, in milliseconds since 1970: the client waits from then on. */
  askedAt: number | undefined;
  readonly #responder: Responder;
  #fate: 'open' | 'answered' | 'refused' = 'open';

  constructor(responder: Responder, cmdid: number, seq: number, body: Body) {
    this.#responder = responder;
    this.cmdid = cmdid;
    this.seq = seq;
    this.body = body;
  }

  get isOpen(): boolean {
    return this.#fate === 'open';
  }

  get isRefused(): boolean {
    return this.#fate === 'refused';
  }

  /** The same, answered on another way. */
  through(responder: Responder): Request {
    return new Request(responder, this.cmdid, this.seq, this.body);
  }

  /** @param body what is said besides the id */
  answer(body: BodyInit = {}): void {
    if (!this.isOpen) return;
    this.#fate = 'answered';
    if (!this.body.noReply || body.error) this.#respond(body);
  }

  /** A refusal is told also to who wants no answer. @param body what is said besides the error */
  refuse(error: StanzaError, retryAfterMs?: number, body: BodyInit = {}): void {
    if (!this.isOpen) return;
    this.#fate = 'refused';
    this.#respond({ ...body, error: errorBody(error, retryAfterMs) });
  }

  /** @param failed told of a bug of ours. @throws StreamError */
  attempt(work: () => void, failed: (error: unknown) => void): void {
    try {
      work();
    } catch (error) {
      if (error instanceof StreamError) throw error;
      this.fail(error, failed);
    }
  }

  /** Refuses with what was thrown. @param failed told of a bug of ours */
  fail(error: unknown, failed: (error: unknown) => void): void {
    if (!(error instanceof StanzaError)) failed(error);
    this.refuse(error instanceof StanzaError ? error : new StanzaError('internal-server-error'));
  }

  copied(): void {}

  taken(): void {
    this.answer();
  }

  refused(error: StanzaError): void {
    this.refuse(error);
  }

  /** With sequence number 0 it would be a push. */
  #respond(body: BodyInit): void {
    if (this.seq === 0) return;
    const { id } = this.body;
    this.#responder.respond(this.cmdid, this.seq, body.id === id ? body : { id, ...body });
  }
}
