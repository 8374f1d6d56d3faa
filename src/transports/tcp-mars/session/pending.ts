/** A request of a client that is answered when a stanza comes, of the server or of somebody else */
import { type Message, type Stanza, StanzaError, type StanzaOutcome } from '#core';
import type { Request } from '../request.ts';
import { toBody } from '../stanza-mapping/stanza.ts';
import type { MarsSession } from './mars-session.ts';

export abstract class Pending implements StanzaOutcome {
  readonly mars: MarsSession;
  readonly request: Request;
  /** Of the stanzas that may answer it, as `keyOf` has it. */
  readonly key: string;

  constructor(mars: MarsSession, request: Request, key: string) {
    this.mars = mars;
    this.request = request;
    this.key = key;
  }

  /** Takes a stanza of its key, if it belongs to the answer. True: it is no push. */
  abstract take(stanza: Stanza): boolean;

  /** The same for messages of any other key. */
  gathers(_message: Message): boolean {
    return false;
  }

  /** The client waits no longer. True: what comes now is still its answer, and no push. */
  late(): boolean {
    this.request.refuse(new StanzaError('remote-server-timeout', 'the answer takes too long'));
    return false;
  }

  copied(_own: Message): void {}
  /** The answer comes as a stanza. */
  taken(): void {}

  refused(error: StanzaError): void {
    this.end();
    this.request.refuse(error);
  }

  protected end(): void {
    this.mars.pending.forget(this);
  }

  /** What came is an error. */
  protected fail(stanza: Stanza): void {
    this.end();
    const { error, ext } = toBody(stanza);
    this.request.answer({ ...(error && { error }), ...(ext && { ext }) });
  }

  /** What came is the answer. */
  protected succeed(reply: () => void): void {
    this.end();
    this.request.attempt(reply, (error) => this.mars.session.host.log.error({ err: error }, 'an answer failed'));
  }
}
