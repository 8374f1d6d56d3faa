/** Messages to many, a few in each turn of the event loop */
import { randomBytes } from 'node:crypto';
import { EachTurn, type Jid, StanzaError } from '#core';

const MOST_IN_A_TURN = 100;
const MOST_RUNNING = 3;
/** Those that are over are remembered for who asks how they went, or asks for the same again. */
const MOST_KEPT = 1_000;

export interface BroadcastStatus {
  readonly id: string;
  readonly total: number;
  readonly sent: number;
  readonly state: 'running' | 'done' | 'stopped';
}

/** False: it is of no use any more, to nobody. */
type Send = (user: Jid) => boolean;

class Broadcast {
  readonly #id = randomBytes(6).toString('hex');
  readonly key: string | undefined;
  readonly #total: number;
  readonly #turns: EachTurn<Jid>;
  #sent = 0;
  #isStopped = false;

  constructor(key: string | undefined, users: readonly Jid[], send: Send) {
    this.key = key;
    this.#total = users.length;
    this.#turns = new EachTurn(MOST_IN_A_TURN, (user) => {
      if (this.#isStopped) return;
      if (send(user)) this.#sent++;
      else this.#end();
    });
    for (const user of users) this.#turns.add(user);
  }

  get status(): BroadcastStatus {
    const state = this.#isStopped ? 'stopped' : this.#sent === this.#total ? 'done' : 'running';
    return { id: this.#id, total: this.#total, sent: this.#sent, state };
  }

  /** @throws StanzaError unexpected-request: it is over */
  stop(): void {
    const { state } = this.status;
    if (state !== 'running') throw new StanzaError('unexpected-request', `the broadcast is ${state} already`);
    this.#end();
  }

  #end(): void {
    this.#isStopped = true;
    this.#turns.end();
  }
}

export class Broadcasts {
  readonly #all = new Map<string, Broadcast>();

  /** @throws StanzaError resource-constraint */
  start(key: string | undefined, users: readonly Jid[], send: Send): BroadcastStatus {
    const running = [...this.#all.values()].filter(({ status }) => status.state === 'running');
    if (running.length >= MOST_RUNNING) {
      throw new StanzaError('resource-constraint', `${MOST_RUNNING} broadcasts are under way, try again later`);
    }
    for (const [id, { status }] of this.#all) {
      if (this.#all.size < MOST_KEPT) break;
      if (status.state !== 'running') this.#all.delete(id);
    }
    const broadcast = new Broadcast(key, users, send);
    this.#all.set(broadcast.status.id, broadcast);
    return broadcast.status;
  }

  /** Undefined when none was begun under this key, or too many others since. */
  under(key: string): BroadcastStatus | undefined {
    for (const broadcast of this.#all.values()) if (broadcast.key === key) return broadcast.status;
    return undefined;
  }

  /** @throws StanzaError item-not-found */
  named(id: string): Broadcast {
    const broadcast = this.#all.get(id);
    if (broadcast === undefined) throw new StanzaError('item-not-found', `there is no broadcast ${id}`);
    return broadcast;
  }
}
