/** Rooms and groups: commands 1020, 1066 and 1067 */
import {
  type Body,
  type BodyInit,
  Command,
  type Extension,
  type ExtensionInit,
  type Init,
  type Occupant,
  type RoomJoin,
  type RoomRequest,
  type RoomResult,
} from '#protocol/mars';
import { ProtocolError } from './errors.ts';

export interface JoinOptions {
  /** Default: the user name. */
  readonly nick?: string | undefined;
  readonly password?: string | undefined;
  /** Most messages of the past to be told. Default: what the room likes. */
  readonly historyMax?: number | undefined;
  /** Only messages after this time. */
  readonly historySince?: Date | undefined;
}

/** All of them throw RefusedError with what the room says, RequestTimeout, ConnectionLost, ClosedError. */
export class Rooms {
  readonly #ask: (command: number, body: BodyInit) => Promise<Body>;

  constructor(ask: (command: number, body: BodyInit) => Promise<Body>) {
    this.#ask = ask;
  }

  /** Enters a room, or makes it: then its owner configures it, with `configure` or `open`, before others may come. */
  join(room: string, options: JoinOptions = {}): Promise<RoomResult> {
    return this.#do(room, { case: 'join', value: wish(options) });
  }

  async leave(room: string, status = ''): Promise<void> {
    await this.#do(room, { case: 'leave', value: { status } });
  }

  /** Enters another room, and then leaves this one. */
  switch(from: string, to: string, options: JoinOptions = {}): Promise<RoomResult> {
    return this.#do(from, { case: 'switchTo', value: { room: to, join: wish(options) } });
  }

  async invite(room: string, jid: string, reason = ''): Promise<void> {
    await this.#do(room, { case: 'invite', value: { jid, reason } });
  }

  async setSubject(room: string, subject: string): Promise<void> {
    await this.#do(room, { case: 'subject', value: subject });
  }

  /** @param affiliation owner, admin, member, none or outcast */
  async setAffiliation(room: string, jid: string, affiliation: string, reason = ''): Promise<void> {
    await this.#do(room, { case: 'affiliation', value: { jid, affiliation, reason } });
  }

  /** @param role moderator, participant, visitor, or none for a kick */
  async setRole(room: string, nick: string, role: string, reason = ''): Promise<void> {
    await this.#do(room, { case: 'role', value: { nick, role, reason } });
  }

  /** The form of the room (XEP-0045 §10.2). */
  async configuration(room: string): Promise<Extension | undefined> {
    return (await this.#do(room, { case: 'config', value: {} })).config;
  }

  /** @param form `<x xmlns='jabber:x:data' type='submit'>`, filled in */
  async configure(room: string, form: ExtensionInit): Promise<void> {
    await this.#do(room, { case: 'config', value: form });
  }

  /** Lets others enter a room that is new, as it is (XEP-0045 §10.1.2). */
  async open(room: string): Promise<void> {
    await this.configure(room, { xml: "<x xmlns='jabber:x:data' type='submit'/>" });
  }

  /** Everybody who is in the room, oneself as well. Throws RefusedError item-not-found when it changes too much meanwhile. */
  async *occupants(room: string): AsyncGenerator<Occupant, void> {
    for (let after = ''; ; ) {
      const { occupants, moreAfter } = await this.#do(room, { case: 'occupantsAfter', value: after });
      yield* occupants;
      if (moreAfter === '') return;
      after = moreAfter;
    }
  }

  /** A room for these members. Its JID. */
  async createGroup(name: string, members: readonly string[]): Promise<string> {
    const { payload } = await this.#ask(Command.createGroup, { payload: { case: 'group', value: { name, members } } });
    if (payload.case !== 'group') throw unexpected(payload.case);
    return payload.value.room;
  }

  /** Becomes a member, or asks the admins for it where only members enter. @param nick default: the user name */
  async joinGroup(room: string, nick = ''): Promise<void> {
    await this.#changeMembership(room, true, nick);
  }

  /** Is a member no more. */
  async leaveGroup(room: string): Promise<void> {
    await this.#changeMembership(room, false, '');
  }

  async #changeMembership(room: string, join: boolean, nick: string): Promise<void> {
    await this.#ask(Command.groupMembership, { payload: { case: 'groupMembership', value: { room, join, nick } } });
  }

  async #do(room: string, action: Init<RoomRequest>['action']): Promise<RoomResult> {
    const { payload } = await this.#ask(Command.room, { payload: { case: 'room', value: { room, action } } });
    if (payload.case !== 'roomResult') throw unexpected(payload.case);
    return payload.value;
  }
}

function wish({ nick = '', password = '', historyMax, historySince }: JoinOptions): Init<RoomJoin> {
  return {
    ...{ nick, password },
    ...(historyMax !== undefined && { historyMax }),
    ...(historySince !== undefined && { historySince: BigInt(historySince.getTime()) }),
  };
}

function unexpected(payload: string | undefined): ProtocolError {
  return new ProtocolError(`the answer has another payload: ${payload}`);
}
