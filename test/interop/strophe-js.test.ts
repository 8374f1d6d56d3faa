/** Strophe.js over WebSocket */
import type { Element } from '@xmldom/xmldom';
import { $iq, $msg, $pres, Strophe } from 'strophe.js';
import { type Account, PATIENCE_MS, type Sight, type Survivor } from './client.ts';
import { describeClient, describeResending, describeResumption } from './describe-client.ts';
import type { InteropServer } from './server.ts';
import { Sightings } from './sightings.ts';

Strophe.setLogLevel(Strophe.LogLevel.WARN);

const ways = {
  'over WebSocket': (server: InteropServer, account: Account): Survivor => new StropheClient(account, server.ws),
};
describeClient('Strophe.js', ways);
describeResumption('Strophe.js', ways);
describeResending('Strophe.js', ways);

class StropheClient implements Survivor {
  readonly jid: string;
  readonly #password: string;
  readonly #connection;
  readonly #sightings = new Sightings();
  #lost: Promise<void> = Promise.resolve();

  constructor({ jid, password }: Account, websocket: string) {
    this.jid = jid;
    this.#password = password;
    this.#connection = new Strophe.Connection(websocket, { enableStreamManagement: true });
  }

  async login(): Promise<string> {
    let mechanism = 'none';
    this.#connection.rawOutput = (xml: string) => {
      mechanism = /<auth [^>]*mechanism="([^"]+)"/.exec(xml)?.[1] ?? mechanism;
    };
    await this.#connect();
    await this.#iq($iq({ type: 'get' }).c('query', { xmlns: Strophe.NS.ROSTER }));
    this.#connection.send($pres());
    return mechanism;
  }

  async addContact(jid: string): Promise<void> {
    await this.#iq($iq({ type: 'set' }).c('query', { xmlns: Strophe.NS.ROSTER }).c('item', { jid }));
  }

  async requestSubscription(jid: string): Promise<void> {
    this.#connection.send($pres({ to: jid, type: 'subscribe' }));
  }

  async acceptSubscription(jid: string): Promise<void> {
    this.#connection.send($pres({ to: jid, type: 'subscribed' }));
  }

  async announce(status: string): Promise<void> {
    this.#connection.send($pres().c('status').t(status));
  }

  async say(jid: string, body: string): Promise<void> {
    this.#connection.send($msg({ to: jid, type: 'chat' }).c('body').t(body));
  }

  async address(): Promise<string> {
    return this.#connection.jid;
  }

  async resume(): Promise<void> {
    await this.#lost;
    await this.#connect();
    if (!this.#connection.hasResumed()) throw new Error('it is another session');
  }

  async logout(): Promise<void> {
    this.#connection.disconnect();
  }

  sees(sight: Sight): Promise<void> {
    return this.#sightings.sees(sight);
  }

  hasSeen(sight: Sight): boolean {
    return this.#sightings.has(sight);
  }

  async close(): Promise<void> {
    this.#connection.disconnect();
  }

  #connect(): Promise<void> {
    const { CONNECTED, CONNFAIL, AUTHFAIL, DISCONNECTED } = Strophe.Status;
    return new Promise((resolve, reject) => {
      this.#lost = new Promise((lost) => {
        this.#connection.connect(this.jid, this.#password, (status: number, condition?: string | null) => {
          if (status === CONNECTED) {
            // Handlers do not outlive a connection.
            this.#connection.addHandler((stanza: Element) => this.#notice(stanza), null, null, null);
            resolve();
          } else if (status === CONNFAIL || status === AUTHFAIL || status === DISCONNECTED) {
            reject(new Error(`${this.jid} is not connected: ${status} ${condition}`));
            lost();
          }
        });
      });
    });
  }

  #iq(request: ReturnType<typeof $iq>): Promise<Element> {
    return new Promise((resolve, reject) => {
      this.#connection.sendIQ(
        request,
        resolve,
        (error: Element | null) => reject(new Error(`refused: ${error}`)),
        PATIENCE_MS,
      );
    });
  }

  /** Returns true: strophe.js keeps the handler then. */
  #notice(stanza: Element): boolean {
    const jid = Strophe.getBareJidFromJid(stanza.getAttribute('from') ?? '') ?? '';
    const type = stanza.getAttribute('type');
    if (stanza.nodeName === 'iq' && type === 'set') this.#noticeRoster(stanza);
    if (jid === this.jid) return true;
    const text = (name: string): string => stanza.getElementsByTagName(name)[0]?.textContent ?? '';
    if (stanza.nodeName === 'message') this.#sightings.note({ kind: 'message', jid, body: text('body') });
    if (stanza.nodeName !== 'presence') return true;
    if (type === null) this.#sightings.note({ kind: 'available', jid, status: text('status') });
    if (type === 'unavailable') this.#sightings.note({ kind: 'unavailable', jid });
    if (type === 'subscribe') this.#sightings.note({ kind: 'request', jid });
    return true;
  }

  #noticeRoster(push: Element): void {
    this.#connection.send($iq({ type: 'result', id: push.getAttribute('id') ?? '' }));
    for (const item of push.getElementsByTagName('item')) {
      const subscription = item.getAttribute('subscription') as 'none' | 'to' | 'from' | 'both';
      this.#sightings.note({ kind: 'contact', jid: item.getAttribute('jid') ?? '', subscription });
    }
  }
}
