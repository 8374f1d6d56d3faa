/** Clients on bad links to a server that is killed again and again write to each other; who misses what in the end? */
import { EventEmitter, once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { openSqlite } from '../../../src/storage/sqlite/index.ts';
import { Random } from '../../support/random.ts';
import type { RawTransport } from '../../support/raw-client.ts';
import { ServerProcess } from '../../support/server-process.ts';
import { CuttingProxy, type Told } from './cutting-proxy.ts';
import { PASSWORD } from './establish.ts';
import { HonestClient, type Return } from './honest-client.ts';

export interface Plan {
  readonly durability: 'normal' | 'full';
  readonly clients: number;
  readonly messages: number;
  readonly cuts: number;
  readonly kills: number;
  readonly seed: number;
}

export interface Outcome {
  /** What is missing, there twice or out of order, and what the server did that it must not do. */
  readonly wrong: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
}

const TRANSPORTS: readonly RawTransport[] = ['tcp', 'websocket'];
const TOLD: readonly Told[] = ['both', 'client', 'server', 'nobody'];
const RESUME_SECONDS = 2;
/** What has not come so long after the last message was written will not come any more. */
const HOPELESS_MS = 30_000;
const PADDING = 'What is in a message of this length is of no concern, only that it can be cut anywhere. ';

const configuration = (durability: string) => `
storage: {durability: ${durability}}
listeners:
  - {transport: tcp, port: 0, address: 127.0.0.1, tls: off}
  - {transport: websocket, port: 0, address: 127.0.0.1}
log: {level: error}
hosts:
  localhost:
    modules: {roster: {}, presence: {}, mam: {}, offline: {}, carbons: {}, stream-management: {resume_seconds: ${RESUME_SECONDS}}}
`;

export class Campaign {
  readonly #dir: string;
  readonly #plan: Plan;
  readonly #random: Random;
  readonly #events = new EventEmitter();
  readonly #clients: readonly HonestClient[];
  readonly #proxies = new Map<RawTransport, CuttingProxy>();
  /** Numbers of the messages from one to another, by `sender recipient`. */
  readonly #sent = new Map<string, number[]>();
  #server: ServerProcess;
  /** How many messages may be written by now. Some more with each blow, so that all are spread over the messages. */
  #allowed = 0;
  #written = 0;
  #cuts = 0;
  #kills = 0;

  /** @param dir for configuration and data of the server; empty */
  constructor(dir: string, plan: Plan) {
    this.#dir = dir;
    this.#plan = plan;
    this.#random = new Random(plan.seed);
    writeFileSync(join(dir, 'tharsis.yaml'), configuration(plan.durability));
    this.#server = new ServerProcess(dir);
    const world = {
      port: (transport: RawTransport) => this.#proxies.get(transport)?.port ?? 0,
      next: () => this.#return(),
      moved: () => this.#events.emit('moved'),
    };
    this.#clients = Array.from({ length: plan.clients }, (_, n) => {
      const character = {
        username: `user-${n}`,
        transport: n % 4 === 3 ? 'websocket' : 'tcp',
        isSasl2: n % 3 === 0,
        isCounting: n % 2 === 0,
      } as const;
      return new HonestClient(character, world);
    });
    this.#events.setMaxListeners(0);
  }

  get progress(): string {
    const received = this.#clients.reduce((sum, { mailbox }) => sum + mailbox.size, 0);
    return `${this.#written} messages written, ${received} received, ${this.#cuts} cuts, ${this.#kills} kills`;
  }

  /** @throws Error when a client sees what it does not understand, or the server does not start */
  async run(): Promise<Outcome> {
    for (const transport of TRANSPORTS) this.#proxies.set(transport, await CuttingProxy.listen());
    await this.#serve();
    for (const { username } of this.#clients) {
      await this.#server.command('user.add', { jid: `${username}@localhost`, password: PASSWORD });
    }
    const lives = this.#clients.map((client) => client.run());
    try {
      const work = this.#ready(this.#clients.length)
        .then(() => Promise.all([this.#write(), this.#strike()]))
        .then(() => this.#settle());
      await Promise.race([work, ...lives]);
    } finally {
      for (const client of this.#clients) client.stop();
      for (const proxy of this.#proxies.values()) proxy.close();
      this.#server.kill('SIGKILL');
      await Promise.allSettled([this.#server.ended, ...lives]);
    }
    return this.#judge();
  }

  async #serve(): Promise<void> {
    const listeners = await this.#server.serving();
    for (const { transport, port } of listeners) {
      const proxy = this.#proxies.get(transport as RawTransport);
      if (proxy !== undefined) proxy.target = port;
    }
  }

  async #write(): Promise<void> {
    while (this.#written < this.#plan.messages) {
      const free = this.#clients.filter((client) => client.hasRoom);
      if (this.#written >= this.#allowed || free.length === 0) await once(this.#events, 'moved');
      else this.#say(this.#random.pick(free), this.#random.pick(this.#clients));
    }
  }

  #say(sender: HonestClient, recipient: HonestClient): void {
    if (sender === recipient) return;
    const number = this.#written++;
    if (this.#written === this.#allowed) this.#events.emit('moved');
    const key = `${sender.username} ${recipient.username}`;
    const numbers = this.#sent.get(key);
    if (numbers === undefined) this.#sent.set(key, [number]);
    else numbers.push(number);
    const id = `${sender.username}-${number}`;
    const body = `${sender.username} ${number} ${PADDING.repeat(this.#random.below(6))}`;
    sender.say(
      `<message xmlns='jabber:client' type='chat' to='${recipient.username}@localhost' id='${id}'>` +
        `<body>${body}</body><origin-id xmlns='urn:xmpp:sid:0' id='${id}'/></message>`,
    );
  }

  /** Cuts and kills, one after the other, with messages on their way between them. */
  async #strike(): Promise<void> {
    const { cuts, kills, messages } = this.#plan;
    const blows = cuts + kills;
    for (let blow = 0; blow < blows; blow++) {
      await this.#ready(this.#clients.length / 2);
      this.#allowed = Math.ceil((messages * (blow + 1)) / (blows + 1));
      this.#events.emit('moved');
      if (Math.floor(((blow + 1) * kills) / blows) > this.#kills) await this.#kill();
      else await this.#cut();
    }
    this.#allowed = messages;
    this.#events.emit('moved');
  }

  /** Resolves when as many clients are there, and have written what they may. */
  async #ready(clients: number): Promise<void> {
    while (this.#written < this.#allowed || this.#clients.filter(({ isLive }) => isLive).length < clients) {
      await once(this.#events, 'moved');
    }
  }

  async #cut(): Promise<void> {
    for (;;) {
      const links = [...this.#proxies.values()].flatMap((proxy) => proxy.links);
      if (links.length > 0) {
        const link = this.#random.pick(links);
        if (await link.cut(this.#random.pick(TOLD), this.#random.below(3_000))) break;
      }
      await wait(5);
    }
    this.#cuts++;
  }

  async #kill(): Promise<void> {
    await wait(this.#random.below(30));
    this.#kills++;
    this.#server.kill('SIGKILL');
    if ((await this.#server.ended) !== null) throw new Error(`the server had ended: ${this.#server.errors}`);
    if (this.#server.errors !== '') throw new Error(`the server complained: ${this.#server.errors}`);
    this.#server = new ServerProcess(this.#dir);
    await this.#serve();
  }

  /** Most come back at once; some when their session is over, or without it. */
  #return(): Return {
    const isLong = this.#random.below(15) === 0;
    return {
      afterMs: this.#random.below(100) + (isLong ? RESUME_SECONDS * 1_000 + this.#random.below(4_000) : 0),
      isForgetful: this.#random.below(10) === 0,
      resource: `device-${this.#random.below(2)}`,
    };
  }

  /** Until all clients are satisfied and no session is left but theirs, or that takes too long. */
  async #settle(): Promise<void> {
    for (const proxy of this.#proxies.values()) proxy.tellAll();
    const begun = performance.now();
    while (performance.now() - begun < HOPELESS_MS) {
      const { sessions } = (await this.#server.command('server.status')) as { readonly sessions: number };
      if (sessions === this.#clients.length && this.#clients.every((client) => client.isIdle)) return;
      await wait(50);
    }
  }

  async #judge(): Promise<Outcome> {
    const wrong = this.#server.errors === '' ? [] : [`the server complained: ${this.#server.errors}`];
    const counts: Record<string, number> = { written: this.#written, cuts: this.#cuts, kills: this.#kills };
    for (const { username, mailbox, counts: own } of this.#clients) {
      wrong.push(...mailbox.wrong);
      for (const [name, count] of Object.entries({ received: mailbox.size, ...own, ...mailbox.dropped })) {
        counts[name] = (counts[name] ?? 0) + count;
      }
      for (const sender of this.#clients) {
        const expected = this.#sent.get(`${sender.username} ${username}`) ?? [];
        const received = mailbox.received.get(sender.username) ?? [];
        if (String(received) !== String(expected)) {
          wrong.push(`${username} from ${sender.username}: ${difference(expected, received)}`);
        }
      }
    }
    return { wrong: [...wrong, ...(await this.#differencesOnDisk())], counts };
  }

  /** A number that a client has seen has to be that of the same message for ever. */
  async #differencesOnDisk(): Promise<string[]> {
    const wrong: string[] = [];
    const storage = openSqlite({ file: join(this.#server.dataDir, 'tharsis.sqlite'), durability: 'normal' });
    const { archive } = storage.stores('localhost');
    for (const { username, mailbox } of this.#clients) {
      for (const [seq, id] of mailbox.archived) {
        const entry = await archive('mam').get(username, seq);
        if (!entry?.data.includes(` id="${id}"`))
          wrong.push(`${username} has seen ${id} as ${seq}, now: ${entry?.data}`);
      }
      const { size } = await archive('offline').extent(username);
      if (size > 0) wrong.push(`messages wait for ${username}, who was there`);
    }
    await storage.close();
    return wrong;
  }
}

function difference(expected: readonly number[], received: readonly number[]): string {
  const missing = expected.filter((number) => !received.includes(number));
  if (missing.length > 0) return `has not got ${missing}`;
  if (received.length > expected.length) return `has got some twice: ${received}`;
  return `has got in wrong order: ${received}`;
}
