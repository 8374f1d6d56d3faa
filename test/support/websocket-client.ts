/** A WebSocket client on the level of messages: what it is sent waits until the test asks for it */
import { type ClientOptions, WebSocket } from 'ws';

const FRAMING = 'urn:ietf:params:xml:ns:xmpp-framing';

export const CLOSE = `<close xmlns="${FRAMING}"/>`;

export class WebSocketClient {
  readonly ws: WebSocket;
  /** The code of the closing handshake; 1006 without one. */
  readonly closed: Promise<number>;
  readonly #received: string[] = [];
  #waiting: (() => void) | undefined;
  #isClosed = false;

  private constructor(ws: WebSocket) {
    this.ws = ws;
    ws.on('message', (data) => {
      this.#received.push(String(data));
      this.#waiting?.();
    });
    this.closed = new Promise((resolve) => {
      ws.on('close', (code) => {
        this.#isClosed = true;
        this.#waiting?.();
        resolve(code);
      });
    });
  }

  /** Rejects when the upgrade is refused; the message tells the status. */
  static async connect(url: string, options: ClientOptions = {}, protocol = 'xmpp'): Promise<WebSocketClient> {
    const ws = new WebSocket(url, protocol === '' ? [] : [protocol], options);
    const client = new WebSocketClient(ws);
    await new Promise<void>((resolve, reject) => {
      ws.on('open', resolve);
      ws.on('error', reject);
    });
    return client;
  }

  send(...messages: string[]): void {
    for (const message of messages) this.ws.send(message);
  }

  /** The next message. @throws Error when the connection is closed instead */
  async next(): Promise<string> {
    for (;;) {
      const message = this.#received.shift();
      if (message !== undefined) return message;
      if (this.#isClosed) throw new Error('the connection was closed');
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
  }

  /** All that comes until the connection is closed. */
  async rest(): Promise<string[]> {
    await this.closed;
    return this.#received.splice(0);
  }

  /** Opens a stream. Resolves with the header and the features. */
  async open(to = 'example.org'): Promise<[header: string, features: string]> {
    this.send(`<open xmlns="${FRAMING}" to="${to}" version="1.0"/>`);
    return [await this.next(), await this.next()];
  }

  /** Logs in to example.org by PLAIN, binds a resource, and resolves with the full JID. */
  async login(username: string, resource = 'balcony'): Promise<string> {
    await this.open();
    const response = Buffer.from(`\0${username}\0secret`).toString('base64');
    this.send(`<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="PLAIN">${response}</auth>`);
    const outcome = await this.next();
    if (!outcome.startsWith('<success')) throw new Error(`not logged in: ${outcome}`);
    await this.open();
    this.send(
      `<iq xmlns="jabber:client" type="set" id="bind"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"><resource>${resource}</resource></bind></iq>`,
    );
    const [, jid] = /<jid>(.*)<\/jid>/.exec(await this.next()) ?? [];
    if (jid === undefined) throw new Error('no resource was bound');
    return jid;
  }
}
