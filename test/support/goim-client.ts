/** A client of the goim dialect without manners: sends whatever packages it is told to */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { RPCInputSchema, type RPCOutput, RPCOutputSchema, type ServerPush, ServerPushSchema } from '#protocol/goim';
import { encodeFrame, type Frame, FrameDecoder } from '#protocol/mars';

const VERSION = 1;

export type Input = Omit<MessageInitShape<typeof RPCInputSchema>, '$typeName' | '$unknown'>;

export class GoimClient {
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #decoder = new FrameDecoder();
  readonly #inbox: Frame[] = [];
  #wake = (): void => {};
  #isGone = false;
  #seq = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#isGone = true;
        this.#wake();
        resolve();
      });
    });
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      this.#decoder.push(bytes, (frame) => this.#inbox.push({ ...frame, body: Uint8Array.from(frame.body) }));
      this.#wake();
    });
  }

  static async connect(port: number): Promise<GoimClient> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new GoimClient(socket);
  }

  static async connectTls(port: number): Promise<GoimClient> {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    return new GoimClient(socket);
  }

  raw(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** @returns the sequence number */
  send(operation: number, input?: Input, seq = ++this.#seq, version = VERSION): number {
    const body = input === undefined ? new Uint8Array() : toBinary(RPCInputSchema, create(RPCInputSchema, input));
    this.raw(encodeFrame(version, operation, seq, body));
    return seq;
  }

  /** The next frame. @throws Error when none comes any more */
  async next(): Promise<Frame> {
    for (;;) {
      const frame = this.#inbox.shift();
      if (frame !== undefined) return frame;
      if (this.#isGone) throw new Error('the connection was closed');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** What has come and was not taken. */
  take(): Frame[] {
    return this.#inbox.splice(0);
  }

  async ask(operation: number, input?: Input): Promise<RPCOutput> {
    const seq = this.send(operation, input);
    const frame = await this.next();
    if (frame.seq !== seq || frame.cmdid !== operation + 1) {
      throw new Error(`operation ${frame.cmdid} and not the answer to ${operation}`);
    }
    return fromBinary(RPCOutputSchema, frame.body);
  }

  /** @param headers besides uid and token */
  logIn(uid: number | string, token = 'secret', headers: Record<string, string> = {}): Promise<RPCOutput> {
    return this.ask(7, { headers: { uid: `${uid}`, token, ...headers } });
  }

  /** The next push. @throws Error when it is something else */
  async push(operation = 5): Promise<ServerPush> {
    const frame = await this.next();
    if (frame.seq !== 0 || frame.cmdid !== operation) throw new Error(`operation ${frame.cmdid}, seq ${frame.seq}`);
    return fromBinary(ServerPushSchema, frame.body);
  }

  /** Resolves when the server has worked off all that was sent before. */
  async settled(): Promise<void> {
    const seq = this.send(2);
    const { cmdid, seq: answered } = await this.next();
    if (cmdid !== 3 || answered !== seq) throw new Error(`operation ${cmdid} and not a heartbeat`);
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
