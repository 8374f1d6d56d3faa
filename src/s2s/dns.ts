/** DNS as federation needs it: SRV and addresses, asked of the servers of the configuration, kept for as long as they hold */
import { lookup, Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { type Clock, GenerationCache } from '#core';
import type { SrvRecord } from './srv-order.ts';

export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

/** The servers gave no answer, or one that says nothing about the name. */
export class DnsError extends Error {
  override readonly name = 'DnsError';
}

const TIMEOUT_MS = 3_000;
const TRIES = 2;
const CACHED_NAMES = 10_000;
/** Of SRV records, whose own TTL Node does not tell; and the longest for addresses. */
const LONGEST_MS = 300_000;
const SHORTEST_MS = 1_000;
/** That there is nothing is asked again sooner (RFC 2308 §5). */
const NOTHING_MS = 30_000;

interface Cached {
  readonly until: number;
  readonly value: Promise<readonly unknown[]>;
}

interface Answer<T> {
  readonly records: readonly T[];
  readonly forMs: number;
}

export class Dns {
  readonly #resolver: Resolver;
  readonly #hasOwnServers: boolean;
  readonly #clock: Clock;
  readonly #cache = new GenerationCache<Cached>(CACHED_NAMES);

  /** @param servers with ports; without any, those of the system */
  constructor(servers: readonly string[], clock: Clock) {
    this.#resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
    this.#hasOwnServers = servers.length > 0;
    if (this.#hasOwnServers) this.#resolver.setServers(servers);
    this.#clock = clock;
  }

  /** Empty when there are none. @throws DnsError */
  srv(name: string): Promise<readonly SrvRecord[]> {
    return this.#cached(`srv ${name}`, async () => {
      const records = await orNothing(this.#resolver.resolveSrv(name));
      return { records, forMs: records.length === 0 ? NOTHING_MS : LONGEST_MS };
    });
  }

  /** Of a host name or an address itself; empty when there are none. @throws DnsError */
  async addresses(host: string): Promise<readonly Address[]> {
    const family = isIP(host);
    if (family !== 0) return [{ address: host, family: family as 4 | 6 }];
    return this.#cached(`host ${host}`, () => this.#addresses(host));
  }

  /** Nobody waits for answers any more. */
  cancel(): void {
    this.#resolver.cancel();
  }

  async #addresses(host: string): Promise<Answer<Address>> {
    const [six, four] = await Promise.allSettled([
      orNothing(this.#resolver.resolve6(host, { ttl: true })),
      orNothing(this.#resolver.resolve4(host, { ttl: true })),
    ]);
    const found = [
      ...(six.status === 'fulfilled' ? six.value.map((record) => ({ ...record, family: 6 as const })) : []),
      ...(four.status === 'fulfilled' ? four.value.map((record) => ({ ...record, family: 4 as const })) : []),
    ];
    if (found.length === 0) {
      const local = await this.#ofSystem(host);
      if (local.length > 0) return { records: local, forMs: NOTHING_MS };
      for (const outcome of [six, four]) if (outcome.status === 'rejected') throw outcome.reason;
      return { records: [], forMs: NOTHING_MS };
    }
    const seconds = Math.min(...found.map(({ ttl }) => ttl));
    const forMs = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, seconds * 1000));
    return { records: found.map(({ address, family }) => ({ address, family })), forMs };
  }

  /** Names that are only known to the machine, such as by its hosts file. */
  async #ofSystem(host: string): Promise<readonly Address[]> {
    if (this.#hasOwnServers) return [];
    try {
      const found = await lookup(host, { all: true, order: 'verbatim' });
      return found.map(({ address, family }) => ({ address, family: family as 4 | 6 }));
    } catch {
      return [];
    }
  }

  /** Those who ask while it is being asked wait for the same answer. What fails is not kept. */
  async #cached<T>(key: string, ask: () => Promise<Answer<T>>): Promise<readonly T[]> {
    const known = this.#cache.get(key);
    if (known !== undefined && known.until > this.#clock.now()) return known.value as Promise<readonly T[]>;
    const asked = ask();
    const value = asked.then(({ records }) => records);
    // Who asked first is told below.
    value.catch(() => {});
    this.#cache.set(key, { until: this.#clock.now() + TIMEOUT_MS * TRIES * 2, value });
    try {
      const { forMs } = await asked;
      this.#cache.set(key, { until: this.#clock.now() + forMs, value });
    } catch (error) {
      this.#cache.set(key, { until: 0, value });
      throw error;
    }
    return value;
  }
}

/** No such name, and no such record for it, are answers. */
async function orNothing<T>(asked: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await asked;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTFOUND' || code === 'ENODATA') return [];
    throw new DnsError(inWords(code), { cause: error });
  }
}

function inWords(code: string | undefined): string {
  switch (code) {
    case 'ETIMEOUT':
      return 'the DNS server did not answer';
    case 'ESERVFAIL':
      return 'the DNS server failed (SERVFAIL)';
    case 'EREFUSED':
      return 'the DNS server refused the question';
    case 'ECONNREFUSED':
      return 'there is no DNS server at its address';
    default:
      return `the DNS lookup failed (${code})`;
  }
}
