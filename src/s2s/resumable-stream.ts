/** XEP-0198: the stanzas we send on a stream, which outlasts its connection when it can be resumed on another one */
import type { Deadline, Stanza, StreamError } from '#core';
import type { Channel } from './channel.ts';
import type { Environment } from './environment.ts';
import type { Pair } from './pair.ts';
import type { ServerStream } from './server-stream.ts';
import type { Sent } from './stanza-queue.ts';
import { askForAck, StreamManagement } from './stream-management.ts';

/** Who notices at once that a connection is lost has gone on with the stream by then. */
const BREAK_MS = 10_000;

export class ResumableStream implements Deadline {
  readonly #environment: Environment;
  readonly #channels = new Set<Channel>();
  #connection: ServerStream;
  /** Undefined without XEP-0198: then it ends with its connection. */
  #management: StreamManagement | undefined;
  #lostAt: number | undefined;
  #isOver = false;
  /** That it broke is told, or there is nothing to tell. */
  #isTold = false;

  constructor(connection: ServerStream, environment: Environment) {
    this.#connection = connection;
    this.#environment = environment;
  }

  /** The latest it had. */
  get connection(): ServerStream {
    return this.#connection;
  }

  get direction(): 'incoming' | 'outgoing' {
    return this.#connection.direction;
  }

  get management(): StreamManagement | undefined {
    return this.#management;
  }

  get channels(): ReadonlySet<Channel> {
    return this.#channels;
  }

  /** Without a connection now, and not over: it may be resumed. */
  get isLost(): boolean {
    return this.#lostAt !== undefined;
  }

  lostMs(now: number): number {
    return this.#lostAt === undefined ? 0 : now - this.#lostAt;
  }

  /** Nothing more is sent on it. */
  get isEnding(): boolean {
    return this.#isOver || this.#connection.isEnding;
  }

  /** Whether it takes no stanzas now. */
  get isFull(): boolean {
    if (this.isLost || this.isEnding) return true;
    const { queue_stanzas, queue_bytes } = this.#environment.config;
    const management = this.#management;
    if (management !== undefined && (management.owed >= queue_stanzas || management.owedBytes >= queue_bytes))
      return true;
    return this.#connection.link.isCongested;
  }

  /** How many stanzas were sent and are not acknowledged. */
  get owed(): number {
    return this.#management?.owed ?? 0;
  }

  /** @param id what it can be resumed by */
  manage(id: string | undefined): void {
    this.#management = new StreamManagement(id);
  }

  attach(channel: Channel): void {
    if (channel.attach(this)) this.#channels.add(channel);
  }

  send(sent: Sent): void {
    this.#connection.sendStanza(sent.stanza);
    if (this.#management?.sent(sent, this.#now) === true) this.#connection.link.send(askForAck);
  }

  /** Asks the peer how far it is, unless it was asked and has not answered. */
  ask(): void {
    if (this.#management?.ask(this.#now) === true) this.#connection.link.send(askForAck);
  }

  /** §4. Gives what is wrong with the number. */
  acknowledge(handled: number): StreamError | undefined {
    const management = this.#management;
    if (management === undefined) return undefined;
    const outcome = management.acknowledge(handled);
    if (outcome === 'unsent') return management.countTooHigh(handled);
    if (outcome === 'done' && management.owed > 0) this.ask();
    this.drain();
  }

  drain(): void {
    for (const channel of this.#channels) channel.drain();
  }

  /** Its connection is gone. @param isResumable whether nobody has ended it */
  lost(connection: ServerStream, isResumable: boolean): void {
    if (this.#connection !== connection || this.#isOver || this.isLost) return;
    const { core, config } = this.#environment;
    if (this.#management?.id === undefined || !isResumable || config.resume_seconds === 0) return this.giveUp();
    this.#lostAt = core.clock.now();
    core.wheel.add(this, BREAK_MS);
    if (this.direction === 'incoming') this.#environment.suspensions.lost(this.#remote, this);
    for (const channel of this.#channels) channel.lost(this);
  }

  /** Another connection is about to go on with it: resolves when the one before does nothing more. */
  async settle(): Promise<void> {
    const connection = this.#connection;
    connection.link.cut(new Error('resumed on another connection'));
    this.lost(connection, true);
    await connection.settled();
    // Meanwhile yet another one may have gone on with it.
    if (this.#connection !== connection) await this.settle();
  }

  /** §5: goes on on this connection, of which the peer has handled what it says; what it has not is written again. */
  resume(connection: ServerStream): void {
    this.#connection = connection;
    this.#lostAt = undefined;
    this.#isTold = false;
    this.#environment.core.wheel.remove(this);
    if (this.direction === 'incoming') this.#environment.suspensions.resumed(this.#remote, this);
    const unacknowledged = this.#management?.replay(this.#now) ?? [];
    for (const { stanza } of unacknowledged) connection.sendStanza(stanza);
    if (unacknowledged.length > 0) connection.link.send(askForAck);
  }

  /**
   * Nobody is waited for any more: what the peer may not have goes back to where it came from. A peer that goes on with it all the
   * same is told what it has brought.
   *
   * @param isCertain whether the peer does not have it
   */
  release(isCertain = false): void {
    this.#tellBreak();
    if (this.direction === 'outgoing') this.#end();
    const rest = this.#management?.take() ?? [];
    const channels = [...this.#channels];
    this.#channels.clear();
    for (const channel of channels) {
      const own = rest.filter(({ stanza }) => isOf(channel.pair, stanza));
      channel.ended(this, own, isCertain);
    }
  }

  /** It cannot be resumed, or not any more. */
  giveUp(): void {
    this.#end();
    const id = this.#management?.id;
    if (id !== undefined && this.direction === 'incoming') this.#environment.suspensions.delete(id, this.#remote, this);
    this.release();
  }

  #end(): void {
    this.#isOver = true;
    this.#lostAt = undefined;
    this.#environment.core.wheel.remove(this);
  }

  #tellBreak(): void {
    const { isProved, isOrderly, pair } = this.#connection;
    if (isProved && !isOrderly && !this.#isTold && pair !== undefined) this.#environment.broke(pair.remote);
    this.#isTold = true;
  }

  /** While it waits to be resumed. */
  due(now: number): number {
    // Who can go on does so at once.
    this.#tellBreak();
    const left = this.#environment.config.resume_seconds * 1000 - this.lostMs(now);
    if (left > 0) return left;
    this.giveUp();
    return 0;
  }

  get #remote(): string {
    return this.#connection.provedDomain ?? '';
  }

  get #now(): number {
    return this.#environment.core.clock.now();
  }
}

function isOf({ local, remote }: Pair, { from, to }: Stanza): boolean {
  return from?.domain === local && to?.domain === remote;
}
