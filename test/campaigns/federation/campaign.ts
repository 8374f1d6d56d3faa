/** Three servers of which each trusts its neighbours: their users meet again after all have restarted, and talk over links that are cut */
import { setTimeout as wait } from 'node:timers/promises';
import { CertificateAuthority } from '../../support/certificate-authority.ts';
import { Random } from '../../support/random.ts';
import type { Link, Told } from '../loss/cutting-proxy.ts';
import { Instance } from './instance.ts';
import { Resident } from './resident.ts';

export interface Plan {
  /** Pairs of users with a mutual subscription, half of them between each two neighbours. */
  readonly contacts: number;
  /** Of each domain at an end of the line; that in the middle has as many. */
  readonly users: number;
  readonly messages: number;
  readonly perSecond: number;
  readonly cuts: number;
  /** Who learns of a cut, by chance one of these. */
  readonly told: readonly Told[];
  readonly seed: number;
}

export interface Outcome {
  /** What is missing, there twice or out of order, and what servers did that they must not do. */
  readonly wrong: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
}

const [LEFT, MIDDLE, RIGHT] = ['left.example', 'middle.example', 'right.example'] as const;
const NEIGHBOURS: Readonly<Record<string, readonly string[]>> = {
  [LEFT]: [MIDDLE],
  [MIDDLE]: [LEFT, RIGHT],
  [RIGHT]: [MIDDLE],
};
/** What has not come so long after the last message was said will not come any more. */
const HOPELESS_MS = 60_000;
const TICK_MS = 10;

export class Campaign {
  readonly #plan: Plan;
  readonly #random: Random;
  readonly #instances: readonly Instance[];
  readonly #residents: readonly Resident[];
  /** By bare JID. */
  readonly #known: ReadonlyMap<string, Resident>;
  /** Numbers of the messages from one to another, by `sender recipient`. */
  readonly #sent = new Map<string, number[]>();
  readonly #counts: Record<string, number> = {};
  #said = 0;
  #cuts = 0;
  #stage = 'starting';

  /** @param dir empty */
  constructor(dir: string, plan: Plan) {
    this.#plan = plan;
    this.#random = new Random(plan.seed);
    this.#instances = Object.keys(NEIGHBOURS).map((domain) => new Instance(dir, domain));
    this.#residents = this.#instances.flatMap(({ domain }) =>
      Array.from({ length: plan.users }, (_, n) => new Resident(`user-${n}`, domain)),
    );
    this.#known = new Map(this.#residents.map((resident) => [resident.jid, resident]));
    this.#acquaint();
  }

  get progress(): string {
    const happy = this.#residents.filter(({ isMutual }) => isMutual).length;
    return `${this.#stage}; ${happy} of ${this.#residents.length} users have all contacts, ${this.#said} messages, ${this.#cuts} cuts`;
  }

  async run(): Promise<Outcome> {
    try {
      const authority = await CertificateAuthority.create('Authority of the line');
      for (const instance of this.#instances) await instance.prepare(authority, NEIGHBOURS[instance.domain] ?? []);
      await this.#start();
      for (const instance of this.#instances) {
        for (let n = 0; n < this.#plan.users; n++) await instance.addUser(`user-${n}`);
      }
      await this.#befriend();
      await this.#restart();
      await this.#talk();
      return this.#judge();
    } finally {
      for (const resident of this.#residents) await resident.leave();
      for (const instance of this.#instances) await instance.close();
    }
  }

  /** Each user of the middle has as many contacts to the left and to the right, evenly spread. */
  #acquaint(): void {
    const { users, contacts } = this.#plan;
    for (const end of [LEFT, RIGHT]) {
      for (let n = 0; n < contacts / 2; n++) {
        const one = this.#known.get(`user-${n % users}@${MIDDLE}`);
        const other = this.#known.get(`user-${(n + Math.floor(n / users)) % users}@${end}`);
        if (one === undefined || other === undefined) throw new Error('there are not that many users');
        one.contacts.add(other.jid);
        other.contacts.add(one.jid);
      }
    }
  }

  async #start(): Promise<void> {
    await Promise.all(this.#instances.map((instance) => instance.start()));
    for (const { links } of this.#instances) {
      for (const [neighbour, proxy] of links) {
        proxy.target = this.#instances.find(({ domain }) => domain === neighbour)?.serverPort ?? 0;
      }
    }
  }

  async #logIn(): Promise<void> {
    const ports = new Map(this.#instances.map(({ domain, clientPort }) => [domain, clientPort]));
    await Promise.all(this.#residents.map((resident) => resident.logIn(ports.get(resident.domain) ?? 0)));
  }

  async #befriend(): Promise<void> {
    this.#stage = 'making friends';
    const begun = performance.now();
    await this.#logIn();
    for (const resident of this.#residents) resident.announce('first');
    for (const resident of this.#residents) for (const contact of resident.contacts) resident.subscribe(contact);
    await this.#until('every subscription is mutual', () =>
      this.#residents.every((resident) => resident.isMutual && resident.seesAll('first')),
    );
    this.#counts.secondsToBefriend = seconds(begun);
    this.#counts.stanzasToBefriend = await this.#stanzas();
  }

  /** All three at once; everybody is back as soon as its server is. */
  async #restart(): Promise<void> {
    this.#stage = 'restarting';
    for (const resident of this.#residents) resident.expectEnd();
    await Promise.all(this.#instances.map((instance) => instance.end('SIGTERM')));
    for (const resident of this.#residents) await resident.leave();
    await this.#start();
    const begun = performance.now();
    await this.#logIn();
    this.#counts.secondsToLogIn = seconds(begun);
    const present = performance.now();
    for (const resident of this.#residents) resident.announce('second');
    await this.#until('everybody sees all contacts again', () =>
      this.#residents.every((resident) => resident.seesAll('second')),
    );
    this.#counts.secondsToConverge = seconds(present);
    this.#counts.stanzasToConverge = await this.#stanzas();
    this.#counts.presencesDelivered = this.#residents.reduce((sum, { presences }) => sum + presences, 0);
  }

  async #talk(): Promise<void> {
    this.#stage = 'talking';
    const begun = performance.now();
    const { messages, perSecond, cuts } = this.#plan;
    const talking = (async () => {
      while (this.#said < messages) {
        const due = Math.min(messages, Math.floor(((performance.now() - begun) / 1_000) * perSecond));
        while (this.#said < due) this.#say();
        await wait(TICK_MS);
      }
    })();
    const everyMs = (messages / perSecond / (cuts + 1)) * 1_000;
    while (this.#cuts < cuts) {
      await wait(everyMs / 2 + this.#random.below(everyMs));
      await this.#cut();
    }
    await talking;
    this.#counts.secondsToTalk = seconds(begun);
    const last = performance.now();
    await this.#until('every message has come', () => this.#received() >= this.#said, false);
    this.#counts.secondsToTheLast = seconds(last);
  }

  #say(): void {
    const sender = this.#random.pick(this.#residents);
    const to = this.#random.pick([...sender.contacts]);
    const number = this.#said++;
    const key = `${sender.jid} ${to}`;
    const numbers = this.#sent.get(key);
    if (numbers === undefined) this.#sent.set(key, [number]);
    else numbers.push(number);
    sender.say(to, number);
  }

  #received(): number {
    let sum = 0;
    for (const { received } of this.#residents) for (const numbers of received.values()) sum += numbers.length;
    return sum;
  }

  async #cut(): Promise<void> {
    for (;;) {
      const links: Link[] = this.#instances.flatMap((instance) =>
        [...instance.links.values()].flatMap(({ links }) => links),
      );
      if (links.length > 0) {
        const told = this.#random.pick(this.#plan.told);
        if (await this.#random.pick(links).cut(told, this.#random.below(20_000))) {
          this.#cuts++;
          this.#counts[`cuts${told}`] = (this.#counts[`cuts${told}`] ?? 0) + 1;
          return;
        }
      }
      await wait(5);
    }
  }

  /** @throws Error when that takes too long and `must` be */
  async #until(what: string, isSo: () => boolean, must = true): Promise<void> {
    let [latest, at] = [this.#said + this.#received(), performance.now()];
    while (!isSo()) {
      const now = this.#residents.reduce((sum, { presences }) => sum + presences, this.#received());
      if (now !== latest) [latest, at] = [now, performance.now()];
      if (performance.now() - at > HOPELESS_MS) {
        if (must) throw new Error(`nothing more comes, and not: ${what}\n${this.#state()}`);
        return;
      }
      await wait(TICK_MS);
    }
  }

  #state(): string {
    const complaints = this.#instances.map(({ domain, errors }) => `${domain}: ${errors}`);
    const wrong = this.#residents.flatMap((resident) => resident.wrong).slice(0, 10);
    const missing = this.#residents
      .map((resident) => `${resident.jid} misses ${resident.missing('second').length}`)
      .slice(0, 10);
    return [...complaints, ...wrong, ...missing].join('\n');
  }

  /** Sent between servers since they started, all together. */
  async #stanzas(): Promise<number> {
    let sum = 0;
    for (const instance of this.#instances) {
      const { streams } = (await instance.command('s2s.list')) as {
        readonly streams: readonly { readonly sent: number }[];
      };
      for (const { sent } of streams) sum += sent;
    }
    return sum;
  }

  #judge(): Outcome {
    const wrong = this.#instances
      .filter(({ errors }) => errors !== '')
      .map(({ domain, errors }) => `${domain}: ${errors}`);
    for (const resident of this.#residents) {
      wrong.push(...resident.wrong);
      for (const contact of resident.contacts) {
        const expected = this.#sent.get(`${contact} ${resident.jid}`) ?? [];
        const received = resident.received.get(contact) ?? [];
        if (String(expected) !== String(received)) {
          wrong.push(`${resident.jid} from ${contact}: ${difference(expected, received)}`);
        }
      }
    }
    const counts = { said: this.#said, received: this.#received(), cuts: this.#cuts, ...this.#counts };
    return { wrong, counts };
  }
}

function seconds(begun: number): number {
  return Math.round((performance.now() - begun) / 10) / 100;
}

function difference(expected: readonly number[], received: readonly number[]): string {
  const missing = expected.filter((number) => !received.includes(number));
  if (missing.length > 0) return `has not got ${missing}`;
  if (received.length > expected.length) return `has got some twice: ${received}`;
  return `has got in wrong order: ${received}`;
}
