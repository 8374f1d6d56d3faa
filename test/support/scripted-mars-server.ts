/** The other end of a Mars client in a test: it sees what comes, and says what the test tells it to */
import {
  type Body,
  type BodyInit,
  Command,
  decodeBody,
  encodeBody,
  encodeFrame,
  FrameDecoder,
  type KeyPair,
  NOOP_SEQ,
  NoiseHandshake,
  type NoiseTransport,
} from '#protocol/mars';
import { nodePrimitives } from '#protocol/mars/node';
import type { Link, LinkEvents, Platform } from '../../src/client/link.ts';
import { nodeCrypto } from '../../src/client/node-crypto.ts';

export interface SeenRequest {
  readonly cmdid: number;
  readonly seq: number;
  readonly body: Body;
}

/** One connection, on the side of the server. */
export class ScriptedConnection {
  readonly url: string;
  readonly seen: SeenRequest[] = [];
  /** Heartbeats that came. */
  beats = 0;
  answersHeartbeats = true;
  isClosed = false;
  /** Acts on each request, after it was noted. */
  onRequest: (request: SeenRequest) => void = () => {};
  readonly #client: LinkEvents;
  readonly #decoder = new FrameDecoder();
  readonly #keys: KeyPair | undefined;
  #handshake: NoiseHandshake | undefined;
  #noise: NoiseTransport | undefined;

  constructor(url: string, client: LinkEvents, keys?: KeyPair) {
    this.url = url;
    this.#client = client;
    this.#keys = keys;
  }

  receive(bytes: Uint8Array): void {
    this.#decoder.push(bytes, ({ cmdid, seq, body }) => {
      if (cmdid === Command.noop) {
        expectEqual(seq, NOOP_SEQ);
        this.beats++;
        if (this.answersHeartbeats) this.#client.received(encodeFrame(200, cmdid, seq, new Uint8Array(0)));
        return;
      }
      const request = { cmdid, seq, body: this.#open(cmdid, seq, body) };
      this.seen.push(request);
      this.onRequest(request);
    });
  }

  answer({ cmdid, seq }: SeenRequest, body: BodyInit = {}): void {
    this.#client.received(this.#frame(cmdid, seq, body));
  }

  push(cmdid: number, body: BodyInit): void {
    this.#client.received(this.#frame(cmdid, 0, body));
  }

  /** Both in one segment. */
  answerAndPush({ cmdid, seq }: SeenRequest, body: BodyInit, pushes: readonly [cmdid: number, body: BodyInit][]): void {
    const frames = [this.#frame(cmdid, seq, body), ...pushes.map(([id, push]) => this.#frame(id, 0, push))];
    this.#client.received(Buffer.concat(frames));
  }

  raw(bytes: Uint8Array): void {
    this.#client.received(bytes);
  }

  drop(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#client.closed(new Error('cut'));
  }

  #open(cmdid: number, seq: number, bytes: Uint8Array): Body {
    if (this.#noise !== undefined) return decodeBody(this.#noise.open(cmdid, seq, bytes));
    const body = decodeBody(bytes);
    if (body.noise.length === 0 || this.#keys === undefined) return body;
    this.#handshake = NoiseHandshake.responder(nodePrimitives, this.#keys);
    return decodeBody(this.#handshake.read(body.noise));
  }

  #frame(cmdid: number, seq: number, body: BodyInit): Uint8Array {
    const plain = encodeBody(body);
    if (this.#noise !== undefined) return encodeFrame(200, cmdid, seq, this.#noise.seal(cmdid, seq, plain));
    if (this.#handshake === undefined) return encodeFrame(200, cmdid, seq, plain);
    const message = encodeBody({ noise: this.#handshake.write(plain) });
    this.#noise = this.#handshake.transport();
    return encodeFrame(200, cmdid, seq, message);
  }
}

/** Everywhere a client connects to, unless `refuses` says no. */
export class ScriptedMarsServer {
  readonly connections: ScriptedConnection[] = [];
  refuses: (url: string) => boolean = () => false;
  onConnection: (connection: ScriptedConnection) => void = () => {};
  readonly platform: Platform;

  constructor({ keys, isSecure = true }: { keys?: KeyPair; isSecure?: boolean } = {}) {
    this.platform = {
      crypto: nodeCrypto,
      dial: async (url, events): Promise<Link> => {
        if (this.refuses(url.href)) throw new Error(`${url.href} is not there`);
        const connection = new ScriptedConnection(url.href, events, keys);
        this.connections.push(connection);
        this.onConnection(connection);
        return {
          isSecure,
          // As on a network: not before the writer is done.
          send: (bytes) => queueMicrotask(() => connection.isClosed || connection.receive(bytes)),
          close: () => {
            connection.isClosed = true;
          },
        };
      },
    };
  }

  get last(): ScriptedConnection {
    const last = this.connections.at(-1);
    if (last === undefined) throw new Error('nobody has connected');
    return last;
  }
}

function expectEqual(actual: number, expected: number): void {
  if (actual !== expected) throw new Error(`${actual} is not ${expected}`);
}
