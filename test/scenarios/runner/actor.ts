/** One client of a script: negotiates a stream, then only sends and collects. */
import { createHmac } from 'node:crypto';
import type { ServerUnderTest } from '../../support/server-under-test.ts';
import type { TransportName } from './parse.ts';
import { scramSha1 } from './scram.ts';
import { dial, NS_STREAMS, type Wire } from './wire.ts';
import { childNamed, elements, mapText, printXml, textOf, type XmlNode } from './xml.ts';

export const DOMAIN = 'localhost';
/** The domain of the rooms (XEP-0045). */
export const ROOMS = 'conference.localhost';
export const PASSWORD = 'scenario';
const NS_SASL = 'urn:ietf:params:xml:ns:xmpp-sasl';
export const NS_SASL2 = 'urn:xmpp:sasl:2';
const NS_BIND = 'urn:ietf:params:xml:ns:xmpp-bind';
const NS_SM = 'urn:xmpp:sm:3';
const NS_MUC = 'http://jabber.org/protocol/muc';
const PATIENCE_MS = 4_000;
const MARKER = 'marker-';

/** How a script's names become the accounts of this run, and back. */
export interface Naming {
  toServer(text: string): string;
  toScript(text: string): string;
}

export interface Account {
  readonly localpart: string;
  readonly naming: Naming;
}

export class Actor {
  readonly #server: ServerUnderTest;
  readonly #transport: TransportName;
  readonly #account: Account;
  readonly #inbox: XmlNode[] = [];
  readonly #markers = new Map<string, () => void>();
  #wake = () => {};
  #wire: Wire | undefined;
  #closing = false;
  #ended = false;
  #markerCount = 0;
  #fault: Error | undefined;
  #features: XmlNode | undefined;
  /** The full JID in the script's names, once bound or resumed. */
  #jid: string | undefined;
  /** The last it was given (XEP-0484). */
  #token: string | undefined;
  /** That of the session before. */
  #lastJid: string | undefined;

  constructor(server: ServerUnderTest, transport: TransportName, account: Account) {
    this.#server = server;
    this.#transport = transport;
    this.#account = account;
  }

  /** Bound and not closed. */
  get isOnline(): boolean {
    return this.#wire !== undefined && this.#jid !== undefined;
  }

  get jid(): { bare: string; full: string } {
    const full = this.#jid ?? '';
    return { full, bare: full.replace(/\/.*/, '') };
  }

  get features(): readonly XmlNode[] {
    return this.#features === undefined ? [] : elements(this.#features);
  }

  /** What came and was not taken, but for what a server may send or not. */
  get unread(): readonly XmlNode[] {
    return this.#inbox.filter((node) => !isOptional(node) && !isAck(node));
  }

  async dial(): Promise<void> {
    this.#closing = false;
    this.#ended = false;
    this.#lastJid = this.#jid ?? this.#lastJid;
    this.#jid = undefined;
    this.#fault = undefined;
    this.#inbox.length = 0;
    this.#wire = await dial(this.#transport, this.#server, {
      element: (node) => this.#arrived(mapText(node, this.#account.naming.toScript)),
      ended: () => {
        this.#ended = true;
        if (!this.#closing) this.#wire?.close();
        this.#wire?.finish();
      },
      broken: (error) => {
        this.#fault = error;
        this.#wake();
      },
      gone: () => {
        this.#wire = undefined;
        this.#wake();
      },
    });
  }

  async openStream(): Promise<void> {
    if (this.#wire === undefined) await this.dial();
    this.#connection().open(DOMAIN);
    const header = await this.take();
    if (header.name !== 'stream' && header.name !== 'open') throw new Error(`no stream header: ${printXml(header)}`);
    this.#features = await this.take();
    if (this.#features.name !== 'features') throw new Error(`no stream features: ${printXml(this.#features)}`);
  }

  async authenticate(): Promise<void> {
    await this.openStream();
    const scram = scramSha1(this.#account.localpart, PASSWORD);
    this.#sendSasl(`<auth xmlns='${NS_SASL}' mechanism='SCRAM-SHA-1'>`, scram.first, '</auth>');
    const challenge = decode(await this.take(), 'challenge');
    this.#sendSasl(`<response xmlns='${NS_SASL}'>`, scram.final(challenge), '</response>');
    if (!scram.accepts(decode(await this.take(), 'success'))) throw new Error('the server did not prove itself');
    await this.openStream();
  }

  /** By SCRAM-SHA-1 in one <authenticate/> of XEP-0388 with these children; what comes after the challenge stays to be received. */
  async authenticateWith(children: readonly XmlNode[]): Promise<void> {
    const scram = scramSha1(this.#account.localpart, PASSWORD);
    this.#sendAuthenticate('SCRAM-SHA-1', scram.first, children);
    const challenge = decode(await this.take(), 'challenge');
    this.#sendSasl(`<response xmlns='${NS_SASL2}'>`, scram.final(challenge), '</response>');
  }

  /** By HT-SHA-256-NONE with the last token, if there was one. */
  async authenticateByToken(children: readonly XmlNode[]): Promise<void> {
    const proof = createHmac('sha256', this.#token ?? 'none')
      .update('Initiator')
      .digest();
    const message = Buffer.concat([Buffer.from(`${this.#account.localpart}\0`), proof]);
    this.#sendAuthenticate('HT-SHA-256-NONE', message, children);
  }

  /** Becomes a connected resource (RFC 6120 §7), neither interested in the roster nor available. */
  async connect(resource: string): Promise<void> {
    if (this.#transport === 'mars') {
      await this.dial();
      const jid = await this.#connection().logIn?.(this.#account.localpart, PASSWORD, resource);
      this.#jid = this.#account.naming.toScript(jid ?? '');
      return;
    }
    await this.authenticate();
    this.sendRaw(
      `<iq xmlns='jabber:client' type='set' id='bind'><bind xmlns='${NS_BIND}'><resource>${resource}</resource></bind></iq>`,
    );
    const answer = await this.take();
    if (this.#jid === undefined) throw new Error(`not bound: ${printXml(answer)}`);
  }

  /** Connects, asks for the roster and sends initial presence; keeps what comes besides the answers to these. */
  async logIn(resource: string): Promise<void> {
    await this.connect(resource);
    this.sendRaw("<iq xmlns='jabber:client' type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>");
    this.sendRaw("<presence xmlns='jabber:client'/>");
    const besides: XmlNode[] = [];
    for (let answers = 0; answers < 2; ) {
      const node = await this.take();
      const isRoster = node.name === 'iq' && node.attrs.id === 'roster';
      const isEcho = node.name === 'presence' && node.attrs.from === this.#jid;
      if (isRoster || isEcho) answers++;
      else besides.push(node);
    }
    this.#inbox.unshift(...besides);
  }

  send(stanza: XmlNode): void {
    // On WebSocket each frame is a document of its own (RFC 7395 §3.3.3); on TCP the namespace is the stream's.
    this.sendRaw(printXml(stanza, this.#transport === 'tcp' ? 'jabber:client' : ''));
  }

  sendRaw(text: string): void {
    this.#connection().send(this.#account.naming.toServer(text));
  }

  /** The next element, what is optional only if `optional`; waits for it if need be. */
  async take(optional = false): Promise<XmlNode> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const node = this.#inbox.shift();
      if (node !== undefined && isOptional(node) && !optional) continue;
      if (node !== undefined) return node;
      if (this.#fault !== undefined) throw this.#fault;
      if (this.#wire === undefined) throw new Error('the connection is closed');
      if (!(await this.#news(deadline))) throw new Error('nothing came');
    }
  }

  /** Resolves once the server has processed all that was sent before, and all that it sent before has arrived. */
  async settle(): Promise<void> {
    const id = `${MARKER}${++this.#markerCount}`;
    this.sendRaw(`<iq xmlns='jabber:client' type='get' id='${id}' to='${DOMAIN}'><ping xmlns='urn:xmpp:ping'/></iq>`);
    let answered = false;
    this.#markers.set(id, () => {
      answered = true;
    });
    const deadline = Date.now() + PATIENCE_MS;
    while (!answered) {
      if (this.#wire === undefined) throw new Error('the connection is closed');
      if (!(await this.#news(deadline))) throw new Error('a ping was not answered');
    }
  }

  /** Joins a room and takes all up to its subject, the last a newcomer gets (XEP-0045 §7.1). */
  async enter(room: string, nick: string): Promise<void> {
    this.sendRaw(`<presence xmlns='jabber:client' to='${room}/${nick}'><x xmlns='${NS_MUC}'/></presence>`);
    for (;;) {
      const node = await this.take(true);
      if (node.attrs.type === 'error') throw new Error(`did not enter: ${printXml(node)}`);
      if (node.name === 'message' && childNamed(node, 'subject') !== undefined) return;
    }
  }

  /** Submits these fields as the configuration of a room; without fields it becomes an instant room. */
  async configure(room: string, fields: string): Promise<void> {
    const type = "<field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#roomconfig</value></field>";
    this.sendRaw(
      `<iq xmlns='jabber:client' type='set' id='configure' to='${room}'><query xmlns='${NS_MUC}#owner'>` +
        `<x xmlns='jabber:x:data' type='submit'>${fields === '' ? '' : type + fields}</x></query></iq>`,
    );
    for (;;) {
      const node = await this.take(true);
      if (node.attrs.type === 'error') throw new Error(`not configured: ${printXml(node)}`);
      if (node.name === 'iq' && node.attrs.id === 'configure') return;
    }
  }

  /** Drops what has come from this address. */
  async forget(address: string): Promise<void> {
    if (!this.isOnline) return;
    await this.settle();
    const kept = this.#inbox.filter((node) => node.attrs.from !== address);
    this.#inbox.splice(0, Infinity, ...kept);
  }

  async disconnect(): Promise<void> {
    this.#closing = true;
    this.#connection().close();
    await this.gone();
    if (!this.#ended) throw new Error('the server did not end its stream (RFC 6120 §4.4)');
  }

  drop(): void {
    this.#wire?.destroy();
    this.#wire = undefined;
  }

  /** Resolves when the server has closed the connection. */
  async gone(): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    while (this.#wire !== undefined) {
      if (!(await this.#news(deadline))) throw new Error('the server keeps the connection open');
    }
  }

  /** The condition of a stream error (RFC 6120 §4.9.2); skips the stream header that may have to come before it. */
  async takeStreamError(): Promise<string> {
    let node = await this.take();
    if (node.name === 'stream' || node.name === 'open') node = await this.take();
    if (node.name === 'features' || isAck(node)) node = await this.take();
    const [condition] = elements(node);
    if (node.name !== 'error' || node.ns !== NS_STREAMS || condition === undefined) throw new Error(printXml(node));
    return condition.name;
  }

  #arrived(node: XmlNode): void {
    const answered = node.name === 'iq' ? this.#markers.get(node.attrs.id ?? '') : undefined;
    if (answered !== undefined) {
      this.#markers.delete(node.attrs.id ?? '');
      answered();
    } else {
      const bind = node.name === 'iq' && node.attrs.type === 'result' ? childNamed(node, 'bind') : undefined;
      const jid = bind?.ns === NS_BIND ? childNamed(bind, 'jid') : undefined;
      if (jid !== undefined) this.#jid = textOf(jid).trim();
      if (node.name === 'success' && node.ns === NS_SASL2) this.#loggedIn(node);
      if (node.ns === NS_SM && node.name === 'resumed') this.#jid = this.#lastJid;
      this.#inbox.push(node);
    }
    this.#wake();
  }

  /** XEP-0388 §2.6.1: what <success/> tells besides the words a step looks for. */
  #loggedIn(success: XmlNode): void {
    const identifier = childNamed(success, 'authorization-identifier');
    const name = identifier === undefined ? '' : textOf(identifier);
    if (name.includes('/')) this.#jid = name;
    this.#token = childNamed(success, 'token')?.attrs.token ?? this.#token;
  }

  /** Whether something happened before the deadline. */
  #news(deadline: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), Math.max(deadline - Date.now(), 0));
      this.#wake = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }

  #connection(): Wire {
    if (this.#wire === undefined) throw new Error('the connection is closed');
    return this.#wire;
  }

  #sendAuthenticate(mechanism: string, initial: string | Buffer, children: readonly XmlNode[]): void {
    const more = children.map((child) => printXml(child, NS_SASL2)).join('');
    const start = `<authenticate xmlns='${NS_SASL2}' mechanism='${mechanism}'><initial-response>`;
    this.#sendSasl(start, initial, `</initial-response>${more}</authenticate>`);
  }

  #sendSasl(start: string, text: string | Buffer, end: string): void {
    this.#connection().send(`${start}${Buffer.from(text as string).toString('base64')}${end}`);
  }
}

/** What a server may send or not, so that only a step that asks for it sees it. */
export function isOptional(node: XmlNode): boolean {
  return isAbsence(node) || isAckRequest(node);
}

/** XEP-0198 §4: one may come at any time, such as before the stream ends. */
function isAck({ name, ns }: XmlNode): boolean {
  return name === 'a' && ns === NS_SM;
}

/** XEP-0198 §4: when a server asks for an acknowledgement is its choice. */
function isAckRequest({ name, ns }: XmlNode): boolean {
  return name === 'r' && ns === NS_SM;
}

/**
 * Unavailable presence from a bare JID: whether it answers the probe of an absent contact (RFC 6121 §4.3.2 rule 3) and
 * acknowledges a subscription request (§3.1.3 rule 3) is the server's choice.
 */
function isAbsence({ name, attrs }: XmlNode): boolean {
  return name === 'presence' && attrs.type === 'unavailable' && attrs.from?.includes('/') === false;
}

function decode(node: XmlNode, name: string): string {
  if (node.name !== name) throw new Error(`expected <${name}/> of SASL: ${printXml(node)}`);
  return Buffer.from(textOf(node), 'base64').toString();
}
