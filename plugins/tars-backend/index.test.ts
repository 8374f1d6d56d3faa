import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import tarsRpc, { type HeroServer, type TarsCurrent } from '@tars/rpc';
import stream, { type BinBuffer } from '@tars/stream';
import fc from 'fast-check';
import type { RpcBackendHost } from 'tharsis/plugin';
import { afterEach, describe, expect, it } from 'vitest';
import { gameCaller } from '../../test/rpc/callers.ts';
import { describeBackend, type Reply, type Seen, type Service } from '../../test/rpc/describe-backend.ts';
import { freePort } from '../../test/support/free-port.ts';
import { startMars } from '../../test/support/mars-server.ts';
import { withShop } from '../../test/support/scripted-backend.ts';
import { FrameReader } from './frame-reader.ts';
import tars from './index.ts';

const SERVANT = 'Game.ShopServer.ShopObj';

/** A server of @tars/rpc. Its servant takes functions of any name. */
class TarsService implements Service {
  readonly seen: Seen[] = [];
  answer: (call: Seen) => Reply | 'silence' = () => ({});
  readonly #port: number;
  #server: HeroServer | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  get config(): object {
    return { kind: 'tars', servers: [`127.0.0.1:${this.#port}`], servants: { Shop: SERVANT } };
  }

  async start(): Promise<void> {
    const take = (current: TarsCurrent, method: string, body: BinBuffer) => this.#take(current, method, body);
    class Servant {
      initialize(): void {}
      onDispatch(current: TarsCurrent, method: string, body: BinBuffer): number {
        take(current, method, body);
        return 0;
      }
    }
    this.#server = tarsRpc.server.createServer(Servant) as unknown as HeroServer;
    const endpoint = `tcp -h 127.0.0.1 -p ${this.#port} -t 60000`;
    await this.#server.start({ servant: SERVANT, endpoint, protocol: 'tars', maxconns: 100 } as never);
  }

  async stop(): Promise<void> {
    this.#server?.stop();
    this.#server = undefined;
  }

  #take(current: TarsCurrent, method: string, body: BinBuffer): void {
    expect(current.getRequest().sServantName).toBe(SERVANT);
    const headers = current.getContext().toObject() as Record<string, string>;
    const call = { service: 'Shop', method, body: body.toNodeBuffer(), headers };
    this.seen.push(call);
    const reply = this.answer(call);
    if (reply === 'silence') return;
    if (reply.code !== undefined) return refuse(current, reply);
    current.setResponseContext({ ...reply.headers } as never);
    current.doResponse(new stream.BinBuffer(Buffer.from(reply.body ?? [])));
  }
}

/** As servants refuse: with a number, and without a body. */
function refuse(current: TarsCurrent, { code = 0, text = '' }: Reply): void {
  current.sendErrorResponse(code, text);
}

async function service(): Promise<TarsService> {
  const tarsService = new TarsService(await freePort());
  await tarsService.start();
  return tarsService;
}

describeBackend({ name: 'a service of Tars', plugins: [tars], service }, () => {
  const undo: (() => unknown)[] = [];
  afterEach(async () => {
    for (const step of undo.splice(0).reverse()) await step();
  });

  /** A caller of a service whose connections do what the test says. */
  async function callerOf(connected: (socket: Socket) => void) {
    const server: Server = createServer((socket) => connected(socket.on('error', () => {}))).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    undo.push(() => server.close());
    const config = { kind: 'tars', servers: [`127.0.0.1:${port}`] };
    return gameCaller(await startMars(withShop(config), {}, [tars]));
  }

  it.each<[string, string]>([
    ['another protocol', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['a length of 0', '\0\0\0\0'],
    ['a length of 4', '\0\0\0\u0004'],
    ['a length that is too large', '\u007f\0\0\0'],
    ['a packet that is none', '\0\0\0\u0008abcd'],
    ['a packet that ends too soon', '\0\0\0\u0006\u0010\u0001'],
  ])('that answers with %s gives no answer, and is called anew', async (_, bytes) => {
    const caller = await callerOf((socket) => socket.once('data', () => socket.write(bytes, 'latin1')));
    expect(await caller.call('Buy')).toEqual({ condition: 'internal-server-error' });
    expect(await caller.call('Buy')).toEqual({ condition: 'internal-server-error' });
  });

  it('that closes in the middle of an answer is told from one that is slow', async () => {
    const caller = await callerOf((socket) => socket.once('data', () => socket.end('\0\0\0\u0010ab', 'latin1')));
    expect(await caller.call('Buy')).toEqual({ condition: 'recipient-unavailable' });
  });

  describe('that is silent', () => {
    async function silent() {
      const server = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const [kind] = tars.rpcBackends;
      const backend = await kind?.create(kind.config?.parse({ servers: [`127.0.0.1:${port}`] }), {} as RpcBackendHost);
      undo.push(
        () => server.close(),
        () => backend?.close?.(),
      );
      const call = (method: string, timeoutMs: number, service = 'Shop', oneWay = false) => {
        const limit = new AbortController();
        const rest = { body: new Uint8Array(0), headers: new Map(), signal: limit.signal, answerBytes: 100 };
        const done = backend?.instances[0]?.call({ service, method, timeoutMs, oneWay, ...rest });
        done?.catch(() => {});
        return { done, giveUp: () => limit.abort() };
      };
      return { call, connection: async () => (await once(server, 'connection'))[0] as Socket };
    }
    const comes = (socket: Socket, method: string) =>
      new Promise<void>((resolve) => socket.on('data', (bytes) => bytes.includes(method) && resolve()));

    it.each(['constructor', '__proto__'])('and named %s is the servant of that name', async (name) => {
      const { call, connection } = await silent();
      const connected = connection();
      call('Buy', 1_000, name, true);
      await comes(await connected, name);
    });

    it('to calls one after the other is connected to anew', async () => {
      const { call, connection } = await silent();
      const first = connection();
      const one = call('One', 5_000);
      const socket = await first;
      await comes(socket, 'One');
      one.giveUp();
      const two = call('Two', 5_000);
      await comes(socket, 'Two');
      const [other, second] = [call('Other', 5_000), connection()];
      two.giveUp();
      await expect(other.done).rejects.toMatchObject({ kind: 'unavailable' });
      call('Three', 5_000);
      await comes(await second, 'Three');
    });

    it('to calls at once, or for less time than others have, may be slow', async () => {
      const { call, connection } = await silent();
      const first = connection();
      const atOnce = ['A', 'B', 'C'].map((method) => call(method, 5_000));
      const socket = await first;
      await comes(socket, 'C');
      const long = call('Long', 5_000);
      for (const { giveUp } of atOnce) giveUp();
      for (const method of ['D', 'E', 'F']) {
        const short = call(method, 10);
        await comes(socket, method);
        short.giveUp();
      }
      call('Last', 10);
      await comes(socket, 'Last');
      const closed = once(socket, 'close');
      long.giveUp();
      await closed;
    });
  });

  it('that has too much to do cannot be reached now', async () => {
    const overloaded = await service();
    undo.push(() => overloaded.stop());
    overloaded.answer = () => ({ code: -9, text: 'overload' });
    const caller = await gameCaller(await startMars(withShop(overloaded.config), {}, [tars]));
    expect(await caller.call('Buy')).toEqual({ condition: 'recipient-unavailable' });
  });
});

describe('packets', () => {
  it('are cut out of what comes, wherever that is cut', () => {
    const bytes = Buffer.concat([frameOf('a'), frameOf('bcd'), frameOf('ef')]);
    const positions = fc.array(fc.nat(bytes.length), { maxLength: 10 });
    fc.assert(
      fc.property(positions, (cuts) => {
        const reader = new FrameReader(100);
        const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const frames = at.slice(1).flatMap((end, index) => reader.read(bytes.subarray(at[index], end)));
        expect(frames.map((frame) => frame.toString('latin1').slice(4))).toEqual(['a', 'bcd', 'ef']);
      }),
    );
  });

  it('may be as long as is allowed, and no longer', () => {
    expect(new FrameReader(8).read(frameOf('abcd'))).toHaveLength(1);
    expect(() => new FrameReader(8).read(frameOf('abcde'))).toThrow('a packet of 9 bytes');
  });
});

function frameOf(text: string): Buffer {
  const frame = Buffer.alloc(4 + text.length);
  frame.writeUInt32BE(frame.length);
  frame.write(text, 4);
  return frame;
}
