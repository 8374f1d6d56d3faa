/** The client: what a program sees of a session */
import {
  type Body,
  type BodyInit,
  Command,
  type DirectOffer,
  type Endpoint,
  type Extension,
  type ExtensionInit,
  type Friend,
  type Init,
  type PresenceInit,
  type Roster,
  type SceneEnter,
} from '#protocol/mars';
import { Account } from './account.ts';
import { answerTo, type CallOptions, callBody, notificationOf, type ServiceOutput } from './calls.ts';
import { Emitter } from './emitter.ts';
import type { ClientEvents } from './events.ts';
import { type HistoryOptions, history } from './history.ts';
import { Inbox } from './inbox.ts';
import { Keeper, type KeeperOptions } from './keeper.ts';
import type { Platform } from './link.ts';
import { type MessageToSend, type SentMessage, sendMessage } from './message-to-send.ts';
import { obey } from './obey.ts';
import { type ClientOptions, keeperOptions } from './options.ts';
import { type Answer, Questions } from './questions.ts';
import { Rooms } from './rooms.ts';
import type { Scene } from './scene.ts';
import { Scenes } from './scenes.ts';

const LOGOUT_MS = 2_000;

export class Client extends Emitter<ClientEvents> {
  /** 1020, 1066, 1067 */
  readonly rooms = new Rooms((command, body) => this.request(command, body));
  /** Password, profile and end of the account. */
  readonly account = new Account((command, body) => this.request(command, body));
  readonly #options: KeeperOptions;
  readonly #keeper: Keeper;
  readonly #inbox = new Inbox();
  readonly #scenes = new Scenes(this);
  readonly #questions: Questions;
  readonly #idPrefix: string;
  #lastId = 0;
  #jid = '';

  private constructor(options: KeeperOptions) {
    super();
    this.#options = options;
    this.#idPrefix = Array.from(options.platform.crypto.randomBytes(8), (byte) => byte.toString(36)).join('');
    this.#questions = new Questions((body) => {
      void this.request(Command.iq, body).catch(() => {});
    }, options.clock);
    this.#keeper = new Keeper(options, {
      online: (jid, missed) => {
        this.#jid = jid;
        if (missed === undefined) {
          this.#inbox.reset();
          this.#scenes.lost();
        }
        this.emit('online', { jid, missed });
      },
      offline: (reason, retryMs) => this.emit('offline', reason, retryMs),
      closed: (reason) => {
        this.emit('closed', reason);
        this.endEvents(reason);
      },
      pushed: (command, body) => this.#pushed(command, body),
      refused: (command, error) => this.emit('refused', error, command),
      handled: () => this.#inbox.handled,
      acknowledgement: () => {
        const smAck = this.#inbox.acknowledge();
        return smAck === undefined ? {} : { smAck };
      },
    });
  }

  /** A client that is logged in. @throws RefusedError, ConnectionLost, ProtocolError, RequestTimeout, TypeError */
  static async connect(
    options: ClientOptions,
    platform: Platform,
    prepare?: (client: Client) => void,
  ): Promise<Client> {
    const client = new Client(keeperOptions(options, platform));
    prepare?.(client);
    await client.#keeper.connect();
    return client;
  }

  /** The full JID of the session. */
  get jid(): string {
    return this.#jid;
  }

  /**
   * Any command. Sent again with the same id when the connection is lost before the answer.
   * @throws RefusedError, RequestTimeout, ConnectionLost, ClosedError; RangeError: it is longer than the server takes
   */
  request(command: number, body: BodyInit = {}, timeoutMs = this.#options.timeoutMs): Promise<Body> {
    const id = body.id || this.newId();
    return this.#keeper.request(command, { ...body, id }, timeoutMs);
  }

  /** Any command, without an answer, and only if there is a connection now. @throws RangeError: it is longer than the server takes */
  send(command: number, body: BodyInit): void {
    this.#keeper.send(command, body);
  }

  /** 1010 */
  sendMessage(message: MessageToSend): Promise<SentMessage> {
    return sendMessage(this, message);
  }

  /** 1012. @param envelope `type` for anything but available, `to` for one receiver, `ext` for elements such as that of a room */
  async setPresence(presence: PresenceInit = {}, envelope: Omit<BodyInit, 'payload'> = {}): Promise<void> {
    await this.request(Command.presence, { ...envelope, payload: { case: 'presence', value: presence } });
  }

  /** 1013. What the element of the answer is; undefined for an empty one. @throws RefusedError for type error */
  iq(type: 'get' | 'set', payload: ExtensionInit, to = ''): Promise<Extension | undefined> {
    const id = this.newId();
    return this.#questions.result(
      id,
      this.request(Command.iq, { id, to, type, payload: { case: 'iq', value: { payload } } }),
    );
  }

  /** Answers IQs of a namespace that the server or somebody else sends. Those nobody answers are refused. */
  answer(namespace: string, answer: Answer): void {
    this.#questions.answer(namespace, answer);
  }

  /** 1014 */
  async roster(): Promise<Roster | undefined> {
    const { payload } = await this.request(Command.roster, { type: 'get', payload: { case: 'roster', value: {} } });
    return payload.case === 'roster' ? payload.value : undefined;
  }

  /** 1065 */
  async friends(): Promise<readonly Friend[]> {
    const { payload } = await this.request(Command.friends);
    return payload.case === 'friends' ? payload.value.friends : [];
  }

  /** 1040. What the service says, also with a code that is not 0. @throws RefusedError it was not called, or gave no answer */
  call(service: string, method: string, body = new Uint8Array(0), options: CallOptions = {}): Promise<ServiceOutput> {
    return answerTo(this.request(Command.rpc, callBody(service, method, body, options)));
  }

  /** 1016: what came after a number, page by page. The number of each is `stanzaId.id`, but not in the archive of a room. */
  history(of: HistoryOptions = {}): AsyncGenerator<Body, void> {
    return history((command, body) => this.request(command, body), of);
  }

  /** 1030: enters a scene, by its bare JID. @param entrance without a position, at its entrance; without a nick, the user name */
  enterScene(address: string, entrance: Init<SceneEnter> = {}): Promise<Scene> {
    return this.#scenes.enter(address, entrance);
  }

  /**
   * 1068: asks another client, by its full JID, for a connection past the server.
   * @param endpoints where we can be reached
   * @throws RefusedError subscription-required: it is no friend's, and has not asked for the same
   */
  async directConnect(to: string, endpoints: readonly Init<Endpoint>[]): Promise<DirectOffer | undefined> {
    const value = { endpoints };
    const { payload } = await this.request(Command.directConnect, { to, payload: { case: 'directConnect', value } });
    return payload.case === 'directOffer' ? payload.value : undefined;
  }

  /** After a sleep of the device: its connections are likely to be dead. */
  wake(): void {
    this.#keeper.wake();
  }

  /** Ends the session and the client. */
  async close(): Promise<void> {
    if (this.#keeper.isOnline) await this.request(Command.logout, {}, LOGOUT_MS).catch(() => {});
    this.#keeper.finish(undefined);
  }

  newId(): string {
    return `${this.#idPrefix}-${++this.#lastId}`;
  }

  #pushed(command: number, body: Body): void {
    if (body.payload.case === 'batch') {
      for (const each of body.payload.value.bodies) this.#pushed(Command.stanza, each);
      return;
    }
    if (command === Command.stanza && !this.#inbox.take(body)) return;
    this.emit('push', command, body);
    if (command === Command.replayDone) this.emit('replayed');
    this.#told(body);
    if (command === Command.ackRequest || this.#inbox.isDue) this.#acknowledge();
  }

  #acknowledge(): void {
    // Also when the server asks for what it knows.
    this.send(Command.ack, { smAck: this.#inbox.handled });
  }

  #told(body: Body): void {
    if (this.#scenes.take(body)) return;
    const { payload } = body;
    switch (payload.case) {
      case 'message':
      case 'presence':
      case 'roster':
      case 'directOffer':
        return this.emit(payload.case, payload.value as never, body);
      case 'iq':
        return this.#questions.take(payload.value, body);
      case 'rpcOutput':
        return this.emit('notification', notificationOf(payload.value), body);
      case 'kick':
      case 'redirect':
      case 'streamError':
        this.emit(payload.case, payload.value as never);
        return obey(this.#keeper, payload);
    }
  }
}
