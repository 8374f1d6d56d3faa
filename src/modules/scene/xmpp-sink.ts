/** docs/protocol/scene.md §5: a member that is an XMPP client, and what it is told */
import type { ClientSession, Host, Jid, Message, Stanza } from '#core';
import type { Farewell, Member, Sink } from './scene.ts';
import { actionOf, farewell, gone, movementOf, outOfSight, presenceOf } from './stanzas.ts';

export class XmppSink implements Sink {
  readonly #host: Host;
  readonly #to: Jid;
  /** Undefined for somebody else's user. */
  readonly #session: ClientSession | undefined;
  /** Set once it is inside. */
  member: Member | undefined;

  /** @param to full JID of the client */
  constructor(host: Host, to: Jid) {
    this.#host = host;
    this.#to = to;
    this.#session = host.session(to);
  }

  /** Movements would pile up for a client that is to come back. */
  get takesMovements(): boolean {
    return this.#session?.detached !== true;
  }
  sees(other: Member): void {
    this.#send(other.as(presenceOf));
  }
  losesSightOf(other: Member): void {
    this.#send(other.as(outOfSight));
  }
  seesMoving(moved: readonly Member[], count: number): void {
    for (let i = 0; i < count; i++) this.#send((moved[i] as Member).as(movementOf));
  }
  seesActing(other: Member): void {
    this.#send(other.as(actionOf));
  }
  seesLeaving(other: Member): void {
    this.#send(other.as(gone));
  }
  hears(said: Message): void {
    this.#send(said);
  }
  ends(why: Farewell): void {
    if (this.member !== undefined) this.#send(farewell(this.member, why));
  }

  #send(stanza: Stanza): void {
    void this.#host.route(stanza.with({ to: this.#to }));
  }
}
