/** A user of one server with a plain client: sends any XML, and keeps what came until a pattern takes it */
import { matchStanza } from '../scenarios/runner/match.ts';
import { childNamed, elements, parseXml, printXml, textOf, type XmlNode } from '../scenarios/runner/xml.ts';
import { base64, bindRequest, RawTcpClient } from './raw-client.ts';

const PATIENCE_MS = 15_000;
const PASSWORD = 'secret';

export interface Home {
  readonly domain: string;
  /** Where its clients connect, on 127.0.0.1 and without TLS. */
  readonly port: number;
}

export class User {
  /** Full JID */
  readonly jid: string;
  readonly bare: string;
  readonly #client: RawTcpClient;
  /** What no pattern has taken. */
  readonly #unread: XmlNode[] = [];
  #changed: (() => void) | undefined;
  #asked = 0;

  private constructor(client: RawTcpClient, jid: string) {
    this.#client = client;
    this.jid = jid;
    this.bare = jid.replace(/\/.*/, '');
    void this.#collect();
  }

  /** In-band registration (XEP-0077). */
  static async register(home: Home, username: string): Promise<void> {
    const client = await RawTcpClient.connect(home.port);
    await client.features(home.domain);
    client.send(
      `<iq xmlns='jabber:client' type='set' id='register' to='${home.domain}'><query xmlns='jabber:iq:register'>` +
        `<username>${username}</username><password>${PASSWORD}</password></query></iq>`,
    );
    const answer = await client.find('iq');
    client.destroy();
    if (answer.attrs.type !== 'result') throw new Error(`not registered: ${printXml(answer)}`);
  }

  /** Interested in the roster and available, with that acknowledged. */
  static async logIn(home: Home, username: string, resource: string): Promise<User> {
    const client = await RawTcpClient.connect(home.port);
    await client.features(home.domain);
    client.auth('PLAIN', base64(`\0${username}\0${PASSWORD}`));
    const { success, failure } = await client.outcome();
    if (success === undefined) throw new Error(`not logged in: ${failure}`);
    await client.features(home.domain);
    client.send(bindRequest(resource));
    const jid = textOf(elements(elements(await client.find('iq'))[0] as XmlNode)[0] as XmlNode);
    const user = new User(client, jid);
    await user.ask(undefined, "<query xmlns='jabber:iq:roster'/>");
    user.send('<presence/>');
    await user.sees(`<presence from='${jid}'>...</presence>`);
    return user;
  }

  static get password(): string {
    return PASSWORD;
  }

  send(stanza: string): void {
    this.#client.send(stanza);
  }

  say(to: string, body: string): void {
    this.send(`<message to='${to}' type='chat' id='say-${body}'><body>${body}</body></message>`);
  }

  /** The answer, be it an error. */
  async ask(to: string | undefined, payload: string, type: 'get' | 'set' = 'get'): Promise<XmlNode> {
    const id = `ask-${++this.#asked}`;
    this.send(`<iq type='${type}' id='${id}'${to === undefined ? '' : ` to='${to}'`}>${payload}</iq>`);
    return this.#take(`the answer to ${payload} of ${to}`, ({ name, attrs }) => name === 'iq' && attrs.id === id);
  }

  /**
   * Takes the first stanza that fits, as test/scenarios/README.md tells, whatever came before it.
   * @throws Error when none comes
   */
  async sees(pattern: string): Promise<XmlNode> {
    const wanted = parseXml(pattern);
    const receiver = { bare: this.bare, full: this.jid };
    return this.#take(pattern, (stanza) => matchStanza(wanted, stanza, receiver, new Map()) !== undefined);
  }

  /** The message with this body. */
  async hears(from: string, body: string): Promise<XmlNode> {
    return this.sees(`<message from='${from}' type='chat'><body>${body}</body>...</message>`);
  }

  /** The condition of the error that comes back for a message. */
  async isRefused(to: string): Promise<string> {
    const isError = ({ name, attrs }: XmlNode) => name === 'message' && attrs.type === 'error' && attrs.from === to;
    const error = childNamed(await this.#take(`an error of ${to}`, isError), 'error');
    return elements(error as XmlNode)[0]?.name ?? '';
  }

  /** What came and no pattern took, when the own server has worked off all that this user sent before. */
  async unread(): Promise<readonly string[]> {
    await this.ask(undefined, "<query xmlns='jabber:iq:roster'/>");
    return this.#unread.map((node) => printXml(node));
  }

  close(): void {
    this.#client.send('</stream:stream>');
    this.#client.destroy();
  }

  /** Loses the connection without a word. */
  drop(): void {
    this.#client.destroy();
  }

  async #take(what: string, fits: (stanza: XmlNode) => boolean): Promise<XmlNode> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const at = this.#unread.findIndex(fits);
      if (at >= 0) return this.#unread.splice(at, 1)[0] as XmlNode;
      if (!(await this.#news(deadline))) {
        const others = this.#unread.map((node) => printXml(node)).join('\n');
        throw new Error(`${this.jid} waited for\n${what}\nand has unread\n${others}`);
      }
    }
  }

  /** Whether something came before the deadline. */
  #news(deadline: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), Math.max(deadline - Date.now(), 0));
      this.#changed = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }

  /** Until the connection is gone. */
  async #collect(): Promise<void> {
    try {
      for (;;) {
        this.#unread.push(await this.#client.next());
        this.#changed?.();
      }
    } catch {
      // It ends when the connection does.
    }
  }
}
