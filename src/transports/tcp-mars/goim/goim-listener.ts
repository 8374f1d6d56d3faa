/** What the connections of one goim listener share: who is there, and in which room */
import type { Rate, TransportHost, VirtualHost } from '#core';
import { FrameDecoder, HEADER_BYTES } from '#protocol/mars';
import type { MarsConfig } from '../config.ts';
import { FrameListener } from '../frame-listener.ts';
import { quotaRate } from '../quota.ts';
import type { GoimConnection } from './goim-connection.ts';
import { Numbered } from './numbered.ts';

export class GoimListener extends FrameListener {
  readonly config: MarsConfig;
  readonly quotaRate: Rate;
  /** Those that are logged in. */
  readonly all = new Set<GoimConnection>();
  /** By the joined number of the user; anonymous ones are not in it. */
  readonly users = new Numbered<GoimConnection>();
  /** By the joined number of the room. */
  readonly rooms = new Numbered<GoimConnection>();
  readonly #hosts = new Map<number, VirtualHost>();
  #lastId = 0;

  /** @throws Error: the configuration names a host that is not there */
  constructor(core: TransportHost, config: MarsConfig) {
    super(core);
    this.config = config;
    this.quotaRate = quotaRate(config.requests_per_second);
    const { router } = core;
    for (const [app, domain] of Object.entries(config.goim_hosts)) {
      const host = router.usersHost(domain);
      if (host === undefined) throw new Error(`goim_hosts names ${domain}, which is not served here`);
      this.#hosts.set(Number(app), host);
    }
    const [first] = router.hosts;
    if (this.#hosts.size === 0 && first !== undefined) this.#hosts.set(0, first);
  }

  hostOf(app: number): VirtualHost | undefined {
    return this.#hosts.get(app);
  }

  /** Tells the connections of a user apart. */
  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  /** Options are no part of this dialect. */
  protected override makeDecoder(frameBytes: number): FrameDecoder {
    return new FrameDecoder(frameBytes, HEADER_BYTES);
  }
}
