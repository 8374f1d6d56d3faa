/** A user of one domain with contacts in others: agrees to every subscription, and keeps account of who is there and what was said */
import { childNamed, elements, printXml, textOf, type XmlNode } from '../../scenarios/runner/xml.ts';
import { base64, bindRequest, RawTcpClient } from '../../support/raw-client.ts';

export const PASSWORD = 'secret';

export class Resident {
  readonly jid: string;
  readonly domain: string;
  /** Bare JIDs it is to have a mutual subscription with. */
  readonly contacts = new Set<string>();
  /** Numbers in the order they came, by the bare JID of the sender. */
  readonly received = new Map<string, number[]>();
  /** What it must not get. */
  readonly wrong: string[] = [];
  /** Presence that came to its sessions. */
  presences = 0;
  readonly #username: string;
  /** The status of each contact that is there. */
  readonly #present = new Map<string, string>();
  /** Those of its roster with a subscription both ways. */
  readonly #mutual = new Set<string>();
  #client: RawTcpClient | undefined;
  /** The end of its stream is no surprise. */
  #isLeaving = false;
  #ended: Promise<void> = Promise.resolve();

  constructor(username: string, domain: string) {
    this.#username = username;
    this.domain = domain;
    this.jid = `${username}@${domain}`;
  }

  /** Whether the roster says so of all contacts. */
  get isMutual(): boolean {
    return this.#mutual.size === this.contacts.size;
  }

  /** Whether all contacts are there, with this status. */
  seesAll(status: string): boolean {
    if (this.#present.size < this.contacts.size) return false;
    for (const contact of this.contacts) if (this.#present.get(contact) !== status) return false;
    return true;
  }

  /** Those it does not see with this status. */
  missing(status: string): string[] {
    return [...this.contacts].filter((contact) => this.#present.get(contact) !== status);
  }

  /** Connected, and interested in the roster. */
  async logIn(port: number): Promise<void> {
    this.#present.clear();
    this.#mutual.clear();
    this.presences = 0;
    this.#isLeaving = false;
    const client = await RawTcpClient.connect(port);
    this.#client = client;
    await client.features(this.domain);
    client.auth('PLAIN', base64(`\0${this.#username}\0${PASSWORD}`));
    const { success, failure } = await client.outcome();
    if (success === undefined) throw new Error(`${this.jid} is not logged in: ${failure}`);
    await client.features(this.domain);
    client.send(bindRequest('campaign'));
    await client.find('iq');
    client.send(`<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>`);
    this.#roster(await client.find('iq'));
    this.#ended = this.#live(client);
  }

  /** Available, with this status. */
  announce(status: string): void {
    this.#client?.send(`<presence><status>${status}</status></presence>`);
  }

  subscribe(contact: string): void {
    this.#client?.send(`<presence type='subscribe' to='${contact}'/>`);
  }

  say(to: string, number: number): void {
    this.#client?.send(`<message type='chat' to='${to}' id='m${number}'><body>${number}</body></message>`);
  }

  /** Its server is about to end. */
  expectEnd(): void {
    this.#isLeaving = true;
  }

  async leave(): Promise<void> {
    this.expectEnd();
    this.#client?.destroy();
    await this.#ended;
  }

  async #live(client: RawTcpClient): Promise<void> {
    for (;;) {
      const node = await client.next().catch(() => undefined);
      if (node === undefined) return;
      this.#arrived(client, node);
    }
  }

  #arrived(client: RawTcpClient, node: XmlNode): void {
    const { name, attrs } = node;
    const from = (attrs.from ?? '').replace(/\/.*/, '');
    if (name === 'message' && attrs.type === 'chat')
      this.#heard(from, Number(textOf(childNamed(node, 'body') as XmlNode)));
    else if (name === 'presence') this.#saw(client, from, node);
    else if (name === 'iq' && attrs.type === 'set') {
      this.#roster(node);
      client.send(`<iq type='result' id='${attrs.id}'/>`);
    } else if (!this.#isLeaving) this.wrong.push(`${this.jid} got ${printXml(node)}`);
  }

  #heard(from: string, number: number): void {
    const numbers = this.received.get(from);
    if (numbers === undefined) this.received.set(from, [number]);
    else numbers.push(number);
  }

  #saw(client: RawTcpClient, from: string, presence: XmlNode): void {
    if (from === this.jid) return;
    this.presences++;
    const status = childNamed(presence, 'status');
    switch (presence.attrs.type) {
      case undefined:
        this.#present.set(from, status === undefined ? '' : textOf(status));
        break;
      case 'unavailable':
        this.#present.delete(from);
        break;
      case 'subscribe':
        client.send(`<presence type='subscribed' to='${from}'/>`);
        break;
      case 'subscribed':
        break;
      default:
        this.wrong.push(`${this.jid} got ${printXml(presence)}`);
    }
  }

  #roster(iq: XmlNode): void {
    for (const query of elements(iq)) {
      for (const { attrs } of elements(query)) {
        if (attrs.subscription === 'both') this.#mutual.add(attrs.jid ?? '');
      }
    }
  }
}
