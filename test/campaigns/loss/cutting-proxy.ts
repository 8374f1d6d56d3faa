/** A TCP proxy in front of a server, whose links can be cut between any two bytes */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Who is told of a cut; who is not has a link that is open and silent. */
export type Told = 'both' | 'client' | 'server' | 'nobody';

/** Most time a cut waits for its byte. */
const HURRY_MS = 50;

export class Link {
  readonly #client: Socket;
  readonly #server: Socket;
  isCut = false;
  /** Bytes, of both directions together, until the cut. */
  #left = Number.POSITIVE_INFINITY;
  #told: Told = 'both';
  #onOver: (isCut: boolean) => void = () => {};

  constructor(client: Socket, server: Socket, closed: () => void) {
    this.#client = client;
    this.#server = server;
    this.#join(client, server);
    this.#join(server, client);
    client.once('close', () => {
      closed();
      this.#onOver(this.isCut);
    });
  }

  /** Cuts after so many more bytes, or soon if nothing flows. Resolves false when the link had ended before. */
  cut(told: Told, bytes: number): Promise<boolean> {
    return new Promise((resolve) => {
      const hurry = setTimeout(() => this.#strike(), HURRY_MS);
      this.#onOver = (isCut) => {
        clearTimeout(hurry);
        resolve(isCut);
      };
      this.#told = told;
      this.#left = bytes;
    });
  }

  destroy(): void {
    this.#client.destroy();
    this.#server.destroy();
  }

  #join(from: Socket, to: Socket): void {
    from.on('error', () => {});
    from.on('data', (bytes) => {
      // What comes after the cut is lost on the way.
      if (this.isCut) return;
      to.write(bytes.subarray(0, this.#left));
      this.#left -= bytes.length;
      if (this.#left <= 0) this.#strike();
    });
    from.once('close', () => {
      if (!this.isCut) to.destroy();
    });
  }

  #strike(): void {
    this.isCut = true;
    if (this.#told === 'both' || this.#told === 'client') this.#client.destroy();
    if (this.#told === 'both' || this.#told === 'server') this.#server.destroy();
    this.#onOver(true);
  }
}

export class CuttingProxy {
  /** Of the server behind it; 0: nobody is there. */
  target = 0;
  readonly #server: Server;
  /** Whose client is there and that are not cut. */
  readonly #links = new Set<Link>();
  readonly #all = new Set<Link>();

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (client) => {
      const link: Link = new Link(client, connect(this.target, '127.0.0.1'), () => this.#links.delete(link));
      this.#links.add(link);
      this.#all.add(link);
    });
  }

  static async listen(): Promise<CuttingProxy> {
    const server = createServer({ noDelay: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new CuttingProxy(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Those that can be cut. */
  get links(): readonly Link[] {
    return [...this.#links].filter((link) => !link.isCut);
  }

  /** Everybody learns of the cuts there were. */
  tellAll(): void {
    for (const link of this.#all) if (link.isCut) link.destroy();
  }

  close(): void {
    this.#server.close();
    for (const link of this.#all) link.destroy();
  }
}
