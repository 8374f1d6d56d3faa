/** One of the users that a game server stands in for: their commands carry the uid */
import {
  type Body,
  type BodyInit,
  Command,
  type Extension,
  type ExtensionInit,
  type PresenceInit,
  type RouterContacts,
} from '#protocol/mars';
import type { Clock } from './clock.ts';
import { type MessageToSend, type SentMessage, sendMessage } from './message-to-send.ts';
import { type Answer, Questions } from './questions.ts';

/** What the link does for its users. */
export interface UserLink {
  readonly clock: Clock;
  request(command: number, body: BodyInit): Promise<Body>;
  newId(): string;
}

/** All requests throw RefusedError, RequestTimeout, ConnectionLost, ClosedError. */
export class RoutedUser {
  readonly uid: string;
  readonly questions: Questions;
  readonly #link: UserLink;
  /** Undefined until the login is answered. */
  #contacts: RouterContacts | undefined;

  constructor(uid: string, link: UserLink) {
    this.uid = uid;
    this.#link = link;
    this.questions = new Questions((body) => void this.request(Command.iq, body).catch(() => {}), link.clock);
  }

  /** The full JID of the session. */
  get jid(): string {
    return this.#contacts?.jid ?? '';
  }

  /** JIDs of the contacts who were online at the login. */
  get online(): readonly string[] {
    return this.#contacts?.online ?? [];
  }

  get isInside(): boolean {
    return this.#contacts !== undefined;
  }

  /** A login was answered: the first one, or one after the server had lost the session. */
  entered(contacts: RouterContacts): void {
    this.#contacts = contacts;
  }

  /** Any command, as the user would send it. */
  request(command: number, body: BodyInit = {}): Promise<Body> {
    return this.#link.request(command, { ...body, uid: this.uid });
  }

  newId(): string {
    return this.#link.newId();
  }

  /** 1010 */
  sendMessage(message: MessageToSend): Promise<SentMessage> {
    return sendMessage(this, message);
  }

  /** 1012. @param envelope `type` for anything but available, `to` for one receiver */
  async setPresence(presence: PresenceInit = {}, envelope: Omit<BodyInit, 'payload'> = {}): Promise<void> {
    await this.request(Command.presence, { ...envelope, payload: { case: 'presence', value: presence } });
  }

  /** 1013. What the element of the answer is; undefined for an empty one. */
  iq(type: 'get' | 'set', payload: ExtensionInit, to = ''): Promise<Extension | undefined> {
    const id = this.newId();
    return this.questions.result(
      id,
      this.request(Command.iq, { id, to, type, payload: { case: 'iq', value: { payload } } }),
    );
  }

  /** Answers IQs of a namespace that are sent to this user. Pings are answered anyway, and what nobody answers is refused. */
  answer(namespace: string, answer: Answer): void {
    this.questions.answer(namespace, answer);
  }
}
