/** Every way into a server once more, over a link that the test cuts */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { InteropServer } from './server.ts';

/** The two halves of a connection. */
interface Passage {
  readonly client: Socket;
  readonly server: Socket;
}

/** Passes bytes on to a port of 127.0.0.1. */
export class WeakLink {
  readonly #listener: Server;
  readonly #passages = new Set<Passage>();

  private constructor(port: number) {
    this.#listener = createServer((client) => {
      const server = connect(port, '127.0.0.1');
      for (const half of [client, server]) half.on('error', () => {});
      client.pipe(server).pipe(client);
      this.#passages.add({ client, server });
    });
  }

  static async to(port: number): Promise<WeakLink> {
    const link = new WeakLink(port);
    link.#listener.listen(0, '127.0.0.1');
    await once(link.#listener, 'listening');
    return link;
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  /** What clients send from now on does not arrive. */
  lose(): void {
    for (const { client, server } of this.#passages) client.unpipe(server).resume();
  }

  /** Nobody says goodbye; and a server that does not notice goes on writing to nobody. */
  cut(isNoticed: boolean): void {
    for (const { client, server } of this.#passages) {
      client.unpipe(server).destroy();
      if (isNoticed) server.destroy();
      else server.unpipe(client).resume();
    }
    if (isNoticed) this.#passages.clear();
  }

  close(): void {
    this.cut(true);
    this.#listener.close();
  }
}

export interface WeakAccess {
  /** The server as it is reached over weak links. */
  readonly server: InteropServer;
  readonly links: readonly WeakLink[];
}

export async function weakAccess(server: InteropServer): Promise<WeakAccess> {
  const links: WeakLink[] = [];
  const over = async (port: number): Promise<number> => {
    const link = await WeakLink.to(port);
    links.push(link);
    return link.port;
  };
  const overUrl = async (text: string): Promise<string> => {
    const url = new URL(text);
    url.port = String(await over(Number(url.port)));
    return url.href;
  };
  const ports = { startTls: await over(server.startTls), directTls: await over(server.directTls) };
  const urls = { ws: await overUrl(server.ws), wss: await overUrl(server.wss) };
  return { server: { ...server, ...ports, ...urls }, links };
}
