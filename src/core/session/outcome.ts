import type { Message, StanzaError } from '../stanza/index.ts';

/** Told what becomes of a stanza that a client sent, on a link where each request has a response of its own. */
export interface StanzaOutcome {
  /** The account's own copy of a message (event message:sent), with the id by which its archive has it. Comes before `taken`. */
  copied(own: Message): void;
  /** It went on its way; of a request, the answer comes as any stanza does. */
  taken(): void;
  /** It went nowhere. */
  refused(error: StanzaError): void;
}
