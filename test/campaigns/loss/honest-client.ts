/** A client that does its part: what was not acknowledged it sends again (XEP-0198), and what it missed it asks for (XEP-0313) */
import { setTimeout as wait } from 'node:timers/promises';
import { childNamed, printXml, type XmlNode } from '../../scenarios/runner/xml.ts';
import { type RawClient, RawTcpClient, type RawTransport, RawWebSocketClient } from '../../support/raw-client.ts';
import { type Established, establish } from './establish.ts';
import { Mailbox } from './mailbox.ts';

/** Most messages on their way. */
const WINDOW = 30;
/** Silence after which a link is dead; after half of it the server is asked for a sign of life. */
const PATIENCE_MS = 1_000;
const PAGE = 20;
const ASK = `<r xmlns='urn:xmpp:sm:3'/>`;
/** How a link ends that was cut, or whose server was killed. */
const LOST = /connection was closed|socket hang up|handshake|ECONN|EPIPE|closed before the connection/;

export interface Character {
  readonly username: string;
  readonly transport: RawTransport;
  readonly isSasl2: boolean;
  /** Catches up with `after-seq` (docs/archive.md), not with `after-id`. */
  readonly isCounting: boolean;
}

/** How a client comes back after its link was lost. */
export interface Return {
  readonly afterMs: number;
  /** It does not know its session any more, as after the end of its program; only its messages. */
  readonly isForgetful: boolean;
  readonly resource: string;
}

export interface World {
  /** Where to reach the server. */
  port(transport: RawTransport): number;
  next(): Return;
  /** Something was acknowledged or received. */
  moved(): void;
}

export class HonestClient {
  readonly username: string;
  readonly mailbox: Mailbox;
  readonly counts = { resumed: 0, begun: 0, resent: 0, caughtUp: 0 };
  readonly #character: Character;
  readonly #world: World;
  #isOver = false;
  /** Where the session is, if it is connected, and when something came from there. */
  #link: RawClient | undefined;
  #heardAt = 0;
  /** Messages to be sent again when it is caught up: the session they were sent in is over. */
  #again: string[] = [];
  /** Stanzas of this session that the server has not acknowledged, oldest first. */
  #unacked: string[] = [];
  /** Stanzas of this session: acknowledged by the server, handled by the client. */
  #acked = 0;
  #handled = 0;
  #session: string | undefined;
  /** The user is available only when there is little left that was missed. */
  #isPresent = false;
  #isCaughtUp = false;
  /** Tells the answers to the latest query from those to an earlier session. */
  #query = 0;
  /** Came meanwhile. */
  #held: XmlNode[] = [];

  constructor(character: Character, world: World) {
    this.#character = character;
    this.#world = world;
    this.username = character.username;
    this.mailbox = new Mailbox(`${character.username}@localhost`);
  }

  /** Whether it is connected, as far as it knows, and has nothing more to ask for. */
  get isLive(): boolean {
    return this.#link !== undefined && this.#isCaughtUp;
  }

  get hasRoom(): boolean {
    return this.isLive && this.#unacked.length < WINDOW;
  }

  get isIdle(): boolean {
    return this.isLive && this.#unacked.length === 0;
  }

  /** Of a client that has room. */
  say(message: string): void {
    this.#send(message);
  }

  /** Lives until it is stopped. @throws Error for what a server must not do */
  async run(): Promise<void> {
    const watch = setInterval(() => this.#watch(), PATIENCE_MS / 10);
    try {
      while (!this.#isOver) {
        const { afterMs, isForgetful, resource } = this.#world.next();
        if (isForgetful) this.#session = undefined;
        try {
          await this.#live(resource);
        } catch (error) {
          if (!LOST.test(String(error))) throw error;
        }
        if (!this.#isOver) await wait(afterMs);
      }
    } finally {
      clearInterval(watch);
    }
  }

  stop(): void {
    this.#isOver = true;
    this.#link?.destroy();
  }

  async #live(resource: string): Promise<never> {
    const { transport, username, isSasl2 } = this.#character;
    const link = await connect(transport, this.#world.port(transport));
    const slow = setTimeout(() => link.destroy(), 3 * PATIENCE_MS);
    try {
      const id = this.#session;
      const previous = id === undefined ? undefined : { id, handled: this.#handled };
      const outcome = await establish(link, { username, isSasl2, resource, previous });
      this.#link = link;
      this.#heardAt = performance.now();
      this.#begin(outcome);
      clearTimeout(slow);
      for (;;) {
        const node = await link.next();
        this.#heardAt = performance.now();
        this.#take(node);
      }
    } finally {
      clearTimeout(slow);
      this.#link = undefined;
      link.destroy();
    }
  }

  /** XEP-0198 §5: what was handled is not sent again. */
  #begin(outcome: Established): void {
    if (outcome.handled !== undefined) this.#acknowledged(outcome.handled);
    if (outcome.isResumed) {
      this.counts.resumed++;
      for (const stanza of this.#unacked) this.#link?.send(stanza);
      this.#link?.send(ASK);
      this.#world.moved();
      return;
    }
    this.counts.begun++;
    this.#again.push(...this.#unacked.filter((stanza) => stanza.startsWith('<message')));
    this.#session = outcome.id;
    this.#unacked = [];
    this.#acked = 0;
    this.#handled = 0;
    this.#held = [];
    this.#isPresent = false;
    this.#isCaughtUp = false;
    this.mailbox.newSession();
    this.#ask();
  }

  #take(node: XmlNode): void {
    switch (node.name) {
      case 'r':
        return this.#link?.send(`<a xmlns='urn:xmpp:sm:3' h='${this.#handled}'/>`);
      case 'a':
        return this.#acknowledged(Number(node.attrs.h));
      case 'message':
        this.#handled++;
        this.#message(node);
        return this.#world.moved();
      case 'presence':
        this.#handled++;
        return;
      case 'iq':
        this.#handled++;
        return this.#page(node);
      case 'error':
        throw new Error(`${this.username}: ${printXml(node)}`);
    }
  }

  #message(message: XmlNode): void {
    const result = childNamed(message, 'result');
    if (result === undefined) {
      if (message.attrs.type !== 'chat') throw new Error(`${this.username} got ${printXml(message)}`);
      if (this.#isCaughtUp) this.mailbox.takeLive(message);
      else this.#held.push(message);
      return;
    }
    if (result.attrs.queryid !== `${this.#query}`) return;
    const forwarded = childNamed(result, 'forwarded');
    const inside = forwarded && childNamed(forwarded, 'message');
    if (inside === undefined) throw new Error(`${this.username} got ${printXml(message)}`);
    this.counts.caughtUp++;
    this.mailbox.take(inside, Number(result.attrs.id));
  }

  /** XEP-0313 §4: the next page after what is known. */
  #ask(): void {
    this.#query++;
    const { position } = this.mailbox;
    const field = this.#character.isCounting ? '{urn:x-tharsis:mam}after-seq' : 'after-id';
    const after = position === 0 ? '' : `<field var='${field}'><value>${position}</value></field>`;
    this.#send(
      `<iq xmlns='jabber:client' type='set' id='${this.#query}'><query xmlns='urn:xmpp:mam:2' queryid='${this.#query}'>` +
        `<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>urn:xmpp:mam:2</value></field>${after}</x>` +
        `<set xmlns='http://jabber.org/protocol/rsm'><max>${PAGE}</max></set></query></iq>`,
    );
  }

  /**
   * The end of a page. The last one before the presence spares what waits offline from being sent as well; the one after it has
   * what was sent between the two, and may have gone to another session of the user.
   */
  #page(iq: XmlNode): void {
    if (iq.attrs.id !== `${this.#query}`) return;
    const fin = childNamed(iq, 'fin');
    if (iq.attrs.type !== 'result' || fin === undefined) throw new Error(`${this.username} got ${printXml(iq)}`);
    if (fin.attrs.complete !== 'true') return this.#ask();
    if (!this.#isPresent) {
      this.#isPresent = true;
      this.#send(`<presence xmlns='jabber:client'/>`);
      return this.#ask();
    }
    this.#isCaughtUp = true;
    for (const message of this.#held.splice(0)) this.mailbox.takeLive(message);
    this.counts.resent += this.#again.length;
    for (const message of this.#again.splice(0)) this.#send(message);
    this.#world.moved();
  }

  #send(stanza: string): void {
    this.#unacked.push(stanza);
    this.#link?.send(stanza);
    this.#link?.send(ASK);
  }

  #acknowledged(handled: number): void {
    if (handled < this.#acked || handled > this.#acked + this.#unacked.length) {
      throw new Error(`${this.username}: ${handled} of ${this.#acked + this.#unacked.length} stanzas are acknowledged`);
    }
    this.#unacked.splice(0, handled - this.#acked);
    this.#acked = handled;
    this.#world.moved();
  }

  #watch(): void {
    const silence = performance.now() - this.#heardAt;
    if (silence > PATIENCE_MS) this.#link?.destroy();
    else if (silence > PATIENCE_MS / 2) this.#link?.send(ASK);
  }
}

function connect(transport: RawTransport, port: number): Promise<RawClient> {
  return transport === 'tcp'
    ? RawTcpClient.connect(port)
    : RawWebSocketClient.connect(port, { handshakeTimeout: PATIENCE_MS });
}
