/** A server of Tars, and the connection that all calls to it share */
import { connect, type Socket } from 'node:net';
import { type RpcAnswer, RpcFault, type RpcInstance, type RpcRequest } from 'tharsis/plugin';
import { FrameReader } from './frame-reader.ts';
import { decodeResponse, encodeRequest } from './packets.ts';

/** Ids are signed numbers of 32 bits; 0 stands for a push. */
const LAST_ID = 0x7fff_ffff;
/** Of a response besides its body: names, numbers, and a context. */
const ROOM_FOR_THE_REST = 65_536;

const NOTHING: RpcAnswer = { code: 0, text: '', body: new Uint8Array(0), headers: new Map() };

/** A server that is there sends something sooner or later: so many calls one after the other, and nothing has come. */
const MOST_SILENT_ROUNDS = 2;
/** Silence after which the system looks whether the server is still there, where nothing waits for it. */
const PROBE_AFTER_MS = 15_000;

interface Waiting {
  readonly timeoutMs: number;
  /** The value of `#silentRounds` when it was sent. */
  readonly round: number;
  resolve(answer: RpcAnswer): void;
  reject(error: Error): void;
}

export class TarsInstance implements RpcInstance {
  readonly name: string;
  readonly #address: { readonly host: string; readonly port: number };
  readonly #servants: ReadonlyMap<string, string>;
  readonly #waiting = new Map<number, Waiting>();
  #socket: Socket | undefined;
  /** Calls that were given up, each sent when the one before had been, since something came on the connection. */
  #silentRounds = 0;
  #lastId = 0;

  constructor(host: string, port: number, servants: ReadonlyMap<string, string>) {
    this.name = `${host}:${port}`;
    this.#address = { host, port };
    this.#servants = servants;
  }

  call(request: RpcRequest): Promise<RpcAnswer> {
    return new Promise((resolve, reject) => {
      const id = this.#nextId();
      const servant = this.#servants.get(request.service) ?? request.service;
      const socket = this.#connected(request.answerBytes);
      const given = (error?: Error | null): void => {
        if (error) reject(new RpcFault('unavailable', error.message, { cause: error }));
        else if (request.oneWay) resolve(NOTHING);
      };
      const { timeoutMs } = request;
      if (!request.oneWay) this.#waiting.set(id, { timeoutMs, round: this.#silentRounds, resolve, reject });
      socket.write(encodeRequest(id, servant, request), given);
      request.signal.addEventListener('abort', () => this.#giveUp(id), { once: true });
    });
  }

  close(): void {
    this.#socket?.destroy();
  }

  #nextId(): number {
    this.#lastId = this.#lastId === LAST_ID ? 1 : this.#lastId + 1;
    return this.#lastId;
  }

  /** What is under way on a connection has one limit: it is that of the server. */
  #connected(answerBytes: number): Socket {
    if (this.#socket !== undefined) return this.#socket;
    const socket = connect({ ...this.#address, noDelay: true, keepAlive: true, keepAliveInitialDelay: PROBE_AFTER_MS });
    const reader = new FrameReader(answerBytes + ROOM_FOR_THE_REST);
    let reason: Error = new RpcFault('unavailable', 'the connection was closed');
    socket.on('error', (cause) => {
      if (!(cause instanceof RpcFault)) reason = new RpcFault('unavailable', cause.message, { cause });
      else reason = cause;
    });
    socket.on('close', () => this.#lost(socket, reason));
    socket.on('data', (bytes) => {
      this.#silentRounds = 0;
      try {
        for (const frame of reader.read(bytes)) this.#take(frame);
      } catch (error) {
        // Where the next frame begins is not known any more.
        socket.destroy(error as Error);
      }
    });
    this.#socket = socket;
    this.#silentRounds = 0;
    return socket;
  }

  /** @throws RpcFault malformed */
  #take(frame: Buffer): void {
    const { id, answer } = decodeResponse(frame);
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    try {
      waiting?.resolve(answer());
    } catch (error) {
      waiting?.reject(error as Error);
    }
  }

  #giveUp(id: number): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    // What waits for a connection that does not come about is not to be sent later.
    if (this.#socket?.connecting) {
      if (this.#waiting.size === 0) this.#socket.destroy();
      return;
    }
    if (waiting.round === this.#silentRounds) this.#silentRounds++;
    if (this.#silentRounds < MOST_SILENT_ROUNDS) return;
    // That one call had little time says nothing to those that have more.
    for (const { timeoutMs } of this.#waiting.values()) if (timeoutMs > waiting.timeoutMs) return;
    // Nobody closed it, but it may be dead.
    this.#socket?.destroy(new RpcFault('unavailable', 'nothing comes on the connection any more'));
  }

  #lost(socket: Socket, reason: Error): void {
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of all) reject(reason);
  }
}
