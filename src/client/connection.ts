/** One connection: frames and their encryption, answers by sequence number, and a heartbeat when there is nothing else to send */
import {
  type Body,
  type BodyInit,
  Command,
  decodeBody,
  encodeBody,
  encodeFrame,
  type Frame,
  FrameDecoder,
  HEADER_BYTES,
  LAST_TASK_SEQ,
  type Limits,
  MAX_FRAME_BYTES,
  NOOP_SEQ,
  NoiseHandshake,
  type NoiseTransport,
  PUSH_SEQ,
  sealedBytes,
} from '#protocol/mars';
import type { Clock } from './clock.ts';
import { ConnectionLost, ProtocolError, RefusedError, RequestTimeout } from './errors.ts';
import type { ChannelBinding, Link, LinkEvents, Platform } from './link.ts';

/** How long the answer to a heartbeat may take. */
const HEARTBEAT_ANSWER_MS = 8_000;
/** Pushes that come while the login is under way. */
const MAX_EARLY_PUSHES = 10_000;
const NOTHING = new Uint8Array(0);

export interface ConnectionOptions {
  readonly platform: Platform;
  readonly clock: Clock;
  /** The client version of the frames. */
  readonly version: number;
  /** The key of the server. Without one, only TLS encrypts. */
  readonly serverKey: Uint8Array | undefined;
  readonly heartbeatMs: number;
}

interface Pending {
  /** At once, before the next frame is looked at. */
  readonly answered: (body: Uint8Array) => void;
  readonly failed: (error: Error) => void;
}

export interface ConnectionEvents {
  pushed(cmdid: number, body: Body): void;
  /** Nobody waits for the answer (any more). */
  refused(cmdid: number, error: RefusedError): void;
  closed(error: Error): void;
}

export class Connection implements LinkEvents {
  readonly #options: ConnectionOptions;
  readonly #decoder = new FrameDecoder();
  readonly #pending = new Map<number, Pending>();
  #link: Link | undefined;
  #noise: NoiseTransport | undefined;
  #lastSeq = 0;
  #events: ConnectionEvents | undefined;
  readonly #early: [cmdid: number, body: Body][] = [];
  #end: Error | undefined;
  #heartbeatMs: number;
  #maxFrame = MAX_FRAME_BYTES;
  #lastWritten: number;
  /** When the server was heard, or asked whether it is there. */
  #lastSure: number;
  #stopHeartbeat = (): void => {};
  #stopAlarm: (() => void) | undefined;

  private constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#heartbeatMs = options.heartbeatMs;
    this.#lastWritten = options.clock.now();
    this.#lastSure = this.#lastWritten;
  }

  /** Rejects when it does not come about. */
  static async open(url: URL, options: ConnectionOptions, signal: AbortSignal): Promise<Connection> {
    const connection = new Connection(options);
    connection.#link = await options.platform.dial(url, connection, signal);
    connection.#armHeartbeat();
    return connection;
  }

  get isEncrypted(): boolean {
    return this.#noise !== undefined || this.#link?.isSecure === true;
  }

  /** What a login can be bound to, so that nobody in the middle can use it. */
  get binding(): ChannelBinding | undefined {
    if (this.#noise === undefined) return this.#link?.channelBinding;
    return { type: 'noise-handshake', data: this.#noise.handshakeHash };
  }

  /** From now on pushes go there, and those that came before first. */
  follow(events: ConnectionEvents): void {
    this.#events = events;
    for (const [cmdid, body] of this.#early.splice(0)) events.pushed(cmdid, body);
    if (this.#end !== undefined) events.closed(this.#end);
  }

  /** What the server said at the beginning of the connection. */
  keepTo({ heartbeatMs, maxFrame }: Limits): void {
    if (heartbeatMs > 0 && heartbeatMs < this.#heartbeatMs) this.#heartbeatMs = heartbeatMs;
    if (maxFrame > 0) this.#maxFrame = maxFrame;
    this.#armHeartbeat();
  }

  /** The first command of a connection, 1000 or 1002, which carries the handshake where there is one. */
  async begin(cmdid: number, body: BodyInit, timeoutMs: number): Promise<Body> {
    const { serverKey, platform } = this.#options;
    if (serverKey === undefined || this.isEncrypted) return this.request(cmdid, body, timeoutMs);
    const handshake = NoiseHandshake.initiator(platform.crypto, serverKey);
    const first = encodeBody({ noise: handshake.write(encodeBody(body)) });
    return this.#ask(cmdid, first, timeoutMs, (bytes) => {
      const { noise, error } = decodeBody(bytes);
      if (noise.length === 0) {
        throw new ProtocolError(
          `the server does not answer the handshake${error ? `: ${error.condition} ${error.text}` : ''}`,
        );
      }
      try {
        const inner = handshake.read(noise);
        this.#noise = handshake.transport();
        return decodeBody(inner);
      } catch (cause) {
        throw new ProtocolError('the server does not have the key it should have', { cause });
      }
    });
  }

  /** @throws RefusedError, ConnectionLost, RequestTimeout, RangeError: it is longer than the server takes */
  async request(cmdid: number, body: BodyInit, timeoutMs: number): Promise<Body> {
    return this.#ask(cmdid, encodeBody(body), timeoutMs, decodeBody);
  }

  /** Without an answer. @throws RangeError: it is longer than the server takes */
  send(cmdid: number, body: BodyInit): void {
    this.#write(cmdid, this.#nextSeq(), encodeBody({ ...body, noReply: true }));
  }

  close(error: Error = new ConnectionLost('closed')): void {
    this.#link?.close();
    this.closed(error);
  }

  received(chunk: Uint8Array): void {
    this.#lastSure = this.#options.clock.now();
    this.#stopAlarm?.();
    this.#stopAlarm = undefined;
    try {
      this.#decoder.push(chunk, (frame) => this.#take(frame));
    } catch (cause) {
      this.close(new ProtocolError(`the server sent what cannot be read: ${(cause as Error).message}`, { cause }));
    }
  }

  closed(cause?: Error): void {
    if (this.#end !== undefined) return;
    this.#end = cause ?? new ConnectionLost('the connection was lost');
    this.#stopHeartbeat();
    this.#stopAlarm?.();
    const lost = cause instanceof ProtocolError ? cause : new ConnectionLost('the connection was lost', { cause });
    for (const { failed } of [...this.#pending.values()]) failed(lost);
    this.#pending.clear();
    this.#events?.closed(this.#end);
  }

  #take({ cmdid, seq, body }: Frame): void {
    if (this.#end !== undefined || cmdid === Command.noop || cmdid === Command.signalling) return;
    const plain = this.#noise === undefined ? body : this.#noise.open(cmdid, seq, body);
    const pending = this.#pending.get(seq);
    if (pending !== undefined) return pending.answered(plain);
    // What is in the clear where it should not be may be anybody's.
    if (this.#options.serverKey !== undefined && !this.isEncrypted) return;
    const push = decodeBody(plain);
    if (seq !== PUSH_SEQ) {
      if (push.error !== undefined) this.#events?.refused(cmdid, new RefusedError(push.error, push));
      return;
    }
    if (this.#events !== undefined) return this.#events.pushed(cmdid, push);
    if (this.#early.push([cmdid, push]) > MAX_EARLY_PUSHES) throw new ProtocolError('too many pushes before the login');
  }

  #ask(cmdid: number, bytes: Uint8Array, timeoutMs: number, read: (bytes: Uint8Array) => Body): Promise<Body> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) throw new ConnectionLost('the connection was lost', { cause: this.#end });
      const seq = this.#nextSeq();
      const done = (): void => {
        stopTimer();
        this.#pending.delete(seq);
      };
      const failed = (error: Error): void => {
        done();
        reject(error);
      };
      const stopTimer = this.#options.clock.after(timeoutMs, () => {
        failed(new RequestTimeout(`no answer to command ${cmdid} within ${timeoutMs} ms`));
        // Perhaps nothing comes any more.
        this.#beat();
      });
      const answered = (body: Uint8Array): void => {
        done();
        try {
          const answer = read(body);
          if (answer.error === undefined) resolve(answer);
          else reject(new RefusedError(answer.error, answer));
        } catch (error) {
          reject(error);
          throw error;
        }
      };
      this.#pending.set(seq, { answered, failed });
      try {
        this.#write(cmdid, seq, bytes);
      } catch (error) {
        failed(error as Error);
      }
    });
  }

  #write(cmdid: number, seq: number, body: Uint8Array): void {
    if (this.#end !== undefined) return;
    // The server would close the connection for it, and again when it is sent on the next one.
    const bytes = HEADER_BYTES + (this.#noise === undefined ? body.length : sealedBytes(body.length));
    if (bytes > this.#maxFrame)
      throw new RangeError(`a frame of ${bytes} bytes, and the server takes ${this.#maxFrame}`);
    const sealed = this.#noise === undefined ? body : this.#noise.seal(cmdid, seq, body);
    this.#writeFrame(cmdid, seq, sealed);
  }

  #writeFrame(cmdid: number, seq: number, body: Uint8Array): void {
    this.#lastWritten = this.#options.clock.now();
    this.#link?.send(encodeFrame(this.#options.version, cmdid, seq, body));
  }

  #nextSeq(): number {
    this.#lastSeq = this.#lastSeq === LAST_TASK_SEQ ? 1 : this.#lastSeq + 1;
    return this.#lastSeq;
  }

  #armHeartbeat(): void {
    this.#stopHeartbeat();
    if (this.#end !== undefined) return;
    this.#stopHeartbeat = this.#options.clock.after(Math.max(0, this.#heartbeatMs - this.#silence), () => {
      if (this.#silence >= this.#heartbeatMs) this.#beat();
      this.#armHeartbeat();
    });
  }

  /** How long one of the two sides has said nothing: what needs no answer does not tell whether the server is there. */
  get #silence(): number {
    return this.#options.clock.now() - Math.min(this.#lastWritten, this.#lastSure);
  }

  #beat(): void {
    if (this.#end !== undefined || this.#stopAlarm !== undefined) return;
    this.#writeFrame(Command.noop, NOOP_SEQ, NOTHING);
    this.#lastSure = this.#lastWritten;
    this.#stopAlarm = this.#options.clock.after(HEARTBEAT_ANSWER_MS, () => {
      this.close(new ConnectionLost('the server does not answer'));
    });
  }
}
