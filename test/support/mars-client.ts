/** A client of the Mars protocol without manners, over TCP, TLS or WebSocket: sends whatever frames it is told to */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import WebSocket from 'ws';
import {
  type Body,
  type BodyInit,
  Command,
  decodeBody,
  encodeBody,
  encodeFrame,
  FrameDecoder,
  NoiseHandshake,
  type NoiseTransport,
} from '#protocol/mars';
import { nodePrimitives } from '#protocol/mars/node';
import { scramFinal } from './scram-client.ts';

const VERSION = 200;

export interface MarsFrame {
  readonly version: number;
  readonly cmdid: number;
  readonly seq: number;
  readonly body: Body;
}

export interface LoginOptions {
  readonly resource?: string;
  readonly wantSession?: boolean;
  readonly mechanism?: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-1';
  readonly deviceId?: string;
}

/** What 1001 or 1002 said at the end. */
export interface LoggedIn {
  readonly jid: string;
  readonly sessionId: string;
  readonly resumeToken: string;
}

export class MarsClient {
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>;
  readonly #write: (bytes: Uint8Array) => void;
  readonly #cut: () => void;
  readonly #decoder = new FrameDecoder();
  readonly #inbox: MarsFrame[] = [];
  readonly #waiting: (() => void)[] = [];
  #isGone = false;
  #seq = 0;
  #handshake: { readonly state: NoiseHandshake; readonly seq: number } | undefined;
  #noise: NoiseTransport | undefined;

  private constructor(write: (bytes: Uint8Array) => void, cut: () => void, closed: Promise<unknown>) {
    this.#write = write;
    this.#cut = cut;
    this.closed = closed.then(() => {
      this.#isGone = true;
      this.#wake();
    });
  }

  static async tcp(port: number): Promise<MarsClient> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const client = MarsClient.#over(socket);
    await once(socket, 'connect');
    return client;
  }

  static async tls(port: number): Promise<MarsClient> {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
    const client = MarsClient.#over(socket);
    await once(socket, 'secureConnect');
    return client;
  }

  static #over(socket: Socket): MarsClient {
    const closed = new Promise((resolve) => socket.once('close', resolve));
    const client = new MarsClient(
      (bytes) => socket.write(bytes),
      () => socket.destroy(),
      closed,
    );
    socket.on('data', (bytes) => client.#received(bytes));
    socket.on('error', () => {});
    return client;
  }

  static async webSocket(port: number): Promise<MarsClient> {
    const ws = new WebSocket(`ws://127.0.0.1:${port}/xmpp-websocket`, 'mars');
    const closed = new Promise((resolve) => ws.once('close', resolve));
    const client = new MarsClient(
      (bytes) => ws.send(bytes),
      () => ws.terminate(),
      closed,
    );
    ws.on('message', (bytes) => client.#received(bytes as Buffer));
    ws.on('error', () => {});
    await once(ws, 'open');
    return client;
  }

  #received(bytes: Uint8Array): void {
    this.#decoder.push(bytes, ({ version, cmdid, seq, body }) => {
      this.#inbox.push({ version, cmdid, seq, body: this.#open(cmdid, seq, body) });
      this.#wake();
    });
  }

  #open(cmdid: number, seq: number, body: Uint8Array): Body {
    if (cmdid === Command.noop) return decodeBody(body);
    if (this.#noise !== undefined) return decodeBody(this.#noise.open(cmdid, seq, body));
    const outer = decodeBody(body);
    if (this.#handshake?.seq !== seq || outer.noise.length === 0) return outer;
    const inner = decodeBody(this.#handshake.state.read(outer.noise));
    this.#noise = this.#handshake.state.transport();
    return inner;
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array): void {
    this.#write(bytes);
  }

  /** @returns the sequence number */
  send(cmdid: number, body: BodyInit = {}, seq = ++this.#seq): number {
    const bytes = encodeBody(body);
    this.#write(encodeFrame(VERSION, cmdid, seq, this.#noise?.seal(cmdid, seq, bytes) ?? bytes));
    return seq;
  }

  noop(seq = 0xffff_ffff): void {
    this.#write(encodeFrame(VERSION, Command.noop, seq, new Uint8Array(0)));
  }

  /** Begins the Noise handshake with this request. */
  sendFirst(serverKey: Uint8Array, cmdid: number, body: BodyInit): number {
    const state = NoiseHandshake.initiator(nodePrimitives, serverKey);
    const seq = this.#seq + 1;
    this.#handshake = { state, seq };
    return this.send(cmdid, { noise: state.write(encodeBody(body)) });
  }

  /** The handshake hash, for channel binding. */
  get handshakeHash(): Uint8Array {
    if (this.#noise === undefined) throw new Error('there was no handshake');
    return this.#noise.handshakeHash;
  }

  /** The next frame that fits; those before it stay. @throws Error when none comes any more */
  async next(fits: (frame: MarsFrame) => boolean = () => true): Promise<MarsFrame> {
    for (;;) {
      const at = this.#inbox.findIndex(fits);
      if (at >= 0) return this.#inbox.splice(at, 1)[0] as MarsFrame;
      if (this.#isGone) throw new Error('the connection was closed');
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** The next push of a command. */
  async push(cmdid: number = Command.stanza): Promise<Body> {
    return (await this.next((frame) => frame.seq === 0 && frame.cmdid === cmdid)).body;
  }

  /** The pushed stanza whose text, as JSON, has this in it; those before it are dropped. */
  async stanza(text: string): Promise<Body> {
    for (;;) {
      const body = await this.push();
      if (textOf(body).includes(text)) return body;
    }
  }

  /** What has come and was not taken. */
  take(): MarsFrame[] {
    return this.#inbox.splice(0);
  }

  /** Sends a request and resolves with its answer. */
  async ask(cmdid: number, body: BodyInit = {}): Promise<Body> {
    const seq = this.send(cmdid, body);
    return (await this.next((frame) => frame.seq === seq)).body;
  }

  async hello(to = 'localhost', deviceId = 'device', lang = ''): Promise<Body> {
    return this.ask(Command.hello, { ...helloBody(to, deviceId), lang } as BodyInit);
  }

  async auth(mechanism: string, data: string | Uint8Array, more: object = {}): Promise<Body> {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    return this.ask(Command.auth, { payload: { case: 'auth', value: { mechanism, data: bytes, ...more } } });
  }

  async scram(username: string, password: string, more: object = {}, mechanism = 'SCRAM-SHA-256'): Promise<Body> {
    const isBound = mechanism.endsWith('-PLUS');
    const gs2Header = isBound ? 'p=noise-handshake,,' : 'n,,';
    const bare = `n=${username},r=clientnonce`;
    const first = await this.auth(mechanism, `${gs2Header}${bare}`, more);
    const challenge = first.payload.case === 'authResult' ? first.payload.value.step : undefined;
    if (challenge?.case !== 'challenge') return first;
    const { message } = scramFinal({
      hash: mechanism.includes('256') ? 'SHA-256' : 'SHA-1',
      ...{ password, gs2Header, bare },
      ...(isBound && { bindingData: this.handshakeHash }),
      serverFirst: Buffer.from(challenge.value).toString(),
    });
    return this.auth('', message, more);
  }

  /** Says hello and logs in. @throws Error when it is refused */
  async logIn(username: string, password = 'secret', options: LoginOptions = {}): Promise<LoggedIn> {
    const { resource = 'game', wantSession = false, mechanism = 'SCRAM-SHA-256', deviceId } = options;
    await this.hello('localhost', deviceId);
    const more = { resource, wantSession };
    const body =
      mechanism === 'PLAIN'
        ? await this.auth('PLAIN', `\0${username}\0${password}`, more)
        : await this.scram(username, password, more, mechanism);
    return loggedIn(body);
  }

  /** Logs in, asks for the roster and sends initial presence, as a game would. */
  async comeOnline(username: string, options: LoginOptions = {}): Promise<LoggedIn> {
    const login = await this.logIn(username, 'secret', options);
    await this.ask(Command.roster, { type: 'get', payload: { case: 'roster', value: {} } });
    await this.ask(Command.presence, { payload: { case: 'presence', value: {} } });
    return login;
  }

  /** Resolves when the server has worked off all that was sent before. */
  settled(): Promise<void> {
    return this.settledAs('');
  }

  /** The same for a user behind a router. */
  async settledAs(uid: string): Promise<void> {
    const payload = { case: 'iq', value: { payload: { ns: 'urn:xmpp:ping', name: 'ping' } } } as const;
    await this.ask(Command.iq, { id: `ping-${this.#seq}`, uid, to: 'localhost', type: 'get', payload });
  }

  destroy(): void {
    this.#cut();
  }
}

export function helloBody(to = 'localhost', deviceId = 'device'): BodyInit {
  return { to, payload: { case: 'hello', value: { protoVersion: 1, client: 'test', os: 'test', deviceId } } };
}

export function resumeBody({ sessionId, resumeToken }: LoggedIn, smAck = 0, deviceId = 'device'): BodyInit {
  const value = { sessionId, resumeToken, deviceId, protoVersion: 1 };
  return { to: 'localhost', smAck, payload: { case: 'resume', value } };
}

export function chat(to: string, text: string, id = text): BodyInit {
  return { id, to, type: 'chat', payload: { case: 'message', value: { body: text } } };
}

/** @throws Error when it is something else */
export function loggedIn({ error, payload }: Body): LoggedIn {
  const step = payload.case === 'authResult' ? payload.value.step : undefined;
  if (step?.case !== 'success') throw new Error(`not logged in: ${error?.condition} ${error?.text}`);
  return step.value;
}

export function textOf(body: Body): string {
  return JSON.stringify(body, (_, value) => (typeof value === 'bigint' ? `${value}` : value));
}
