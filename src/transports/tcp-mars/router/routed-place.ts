/** Where the session of a user behind a router is */
import type { Deadline, Peer, Stanza, StreamError, XmlLimits } from '#core';
import { type BodyInit, encodeBody } from '#protocol/mars';
import { farewell } from '../farewell.ts';
import type { MarsListener } from '../listener.ts';
import type { Place } from '../place.ts';
import type { MarsSession } from '../session/mars-session.ts';
import type { RouterLink } from './router-link.ts';

export class RoutedPlace implements Place, Deadline {
  readonly uid: string;
  readonly link: RouterLink;
  /** What the commands of the user go to; set in the turn the place is made. */
  user: MarsSession | undefined;
  #pushed = 0;

  constructor(link: RouterLink, uid: string) {
    this.link = link;
    this.uid = uid;
  }

  get peer(): Peer {
    return this.link.connection.peer;
  }

  get listener(): MarsListener {
    return this.link.connection.listener;
  }

  get secure(): boolean {
    return this.link.connection.secure;
  }

  get xmlLimits(): XmlLimits {
    return this.link.connection.xmlLimits;
  }

  /** The silence of a user is not that of its router. */
  get heardAt(): number {
    return this.listener.core.clock.now();
  }

  /** @param pushed the number counting goes on from: routers count by themselves, since what goes to many has no number */
  countFrom(pushed: number): void {
    this.#pushed = pushed;
  }

  get pushed(): number {
    return this.#pushed;
  }

  acknowledged(pushed: number): void {
    const session = this.user?.session;
    if (session?.connection === this) session.management?.acknowledge(pushed);
  }

  write(stanza: Stanza): void | 'answer' {
    if (this.user?.answers(stanza)) return 'answer';
    this.#pushed = (this.#pushed + 1) >>> 0;
    this.link.outbox.add(this, stanza);
  }

  push(cmdid: number, body: BodyInit): void {
    // In order with the stanzas before it.
    this.link.outbox.flush();
    this.link.connection.push(cmdid, { ...body, uid: this.uid });
  }

  get queued(): number {
    return this.link.connection.queued;
  }

  /** Fields of a message may come one after the other: the user is another one. */
  pushEncoded(cmdid: number, body: Uint8Array): void {
    this.link.outbox.flush();
    this.link.connection.pushEncoded(cmdid, Buffer.concat([body, encodeBody({ uid: this.uid })]));
  }

  respond(cmdid: number, seq: number, body: BodyInit): void {
    this.link.connection.respond(cmdid, seq, { ...body, uid: this.uid });
  }

  /** The link asks, for all its users, whenever something leaves. */
  askForAck(): void {
    this.link.outbox.flush();
  }

  drained(): Promise<boolean> {
    this.link.outbox.flush();
    return this.link.connection.drained();
  }

  /** The link is that of others too. */
  pause(): void {}
  resume(): void {}

  /** The user goes; the link stays. */
  close(error?: StreamError): void {
    this.listener.core.wheel.remove(this);
    this.user?.left();
    if (!this.link.forget(this)) return;
    if (error === undefined) return this.user?.closing();
    const { cmdid, body } = farewell(error);
    this.push(cmdid, body);
  }

  due(now: number): number {
    return this.user?.due(now) ?? 0;
  }

  wakeIn(ms: number): void {
    this.listener.core.wheel.add(this, ms);
  }
}
