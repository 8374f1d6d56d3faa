/** Strophe.js over WebSocket */
import type { Element } from '@xmldom/xmldom';
import { $iq, $msg, $pres, Strophe } from 'strophe.js';
import { type Account, type Client, PATIENCE_MS, type Sight } from './client.ts';
import { describeClient } from './describe-client.ts';
import { Sightings } from './sightings.ts';

Strophe.setLogLevel(Strophe.LogLevel.WARN);

describeClient('Strophe.js', {
  'over WebSocket': (server, account) => new StropheClient(account, server.ws),
});

class StropheClient implements Client {
  readonly jid: string;
  readonly #password: string;
  readonly #connection;
  readonly #sightings = new Sightings();

  constructor({ jid, password }: Account, websocket: string) {
    this.jid = jid;
    this.#password = password;
    this.#connection = new Strophe.Connection(websocket);
  }

  async login(): Promise<string> {
    let mechanism = 'none';
    this.#connection.rawOutput = (xml: string) => {
      mechanism = /<auth [^>]*mechanism="([^"]+)"/.exec(xml)?.[1] ?? mechanism;
    };
    await this.#reaches(Strophe.Status.CONNECTED, (callback) =>
      this.#connection.connect(this.jid, this.#password, callback),
    );
    this.#connection.addHandler((stanza: Element) => this.#notice(stanza), null, null, null);
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

  async logout(): Promise<void> {
    this.#connection.disconnect();
  }

  sees(sight: Sight): Promise<void> {
    return this.#sightings.sees(sight);
  }

  async close(): Promise<void> {
    this.#connection.disconnect();
  }

  #reaches(
    wanted: number,
    start: (callback: (status: number, condition?: string | null) => void) => void,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      start((status, condition) => {
        if (status === wanted) resolve();
        const failures = [Strophe.Status.CONNFAIL, Strophe.Status.AUTHFAIL, Strophe.Status.DISCONNECTED];
        if (failures.includes(status)) reject(new Error(`${this.jid} is not connected: ${status} ${condition}`));
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
