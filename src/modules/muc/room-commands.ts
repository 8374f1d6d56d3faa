/** XEP-0050: Ad-Hoc Commands of a room: a form, and what is done when it is filled in */
import { randomUUID } from 'node:crypto';
import { type Awaitable, type Element, type Iq, NS_DATA_FORMS, ns, StanzaError, whenDone } from '#core';
import type { Service } from './config.ts';
import type { Room } from './room.ts';
import type { RoomIqs, ThenTell } from './room-iqs.ts';

export const NS_COMMANDS = 'http://jabber.org/protocol/commands';
const commands = ns(NS_COMMANDS);

export interface RoomCommand {
  readonly node: string;
  /** For people. */
  readonly name: string;
  /** @throws StanzaError forbidden */
  check(room: Room, iq: Iq): void;
  /** What there is to fill in; undefined for a command that is done at once. */
  form?(room: Room): Element;
  /** With the form, when there is one. What is returned is a form of results, and what is told afterwards. */
  run(room: Room, iq: Iq): Awaitable<{ readonly result?: Element; tell?(): void }>;
}

/** Everything is in one request, so nothing is remembered of a session. */
export function answerCommands({ host }: Service, iqs: RoomIqs, known: readonly RoomCommand[]): void {
  host.feature(NS_COMMANDS, 'account'); // §2.1
  iqs.on('set', 'command', NS_COMMANDS, (room, iq): Awaitable<Element | ThenTell> => {
    const { node, action = 'execute', sessionid = randomUUID() } = iq.payload?.attrs ?? {};
    const command = known.find((one) => one.node === node);
    if (command === undefined) throw new StanzaError('item-not-found', 'there is no such command');
    command.check(room, iq);
    const answer = (status: string, content?: Element) => commands('command', { node, sessionid, status }, content);
    if (action === 'cancel') return answer('canceled');
    const isFilledIn = iq.payload?.child('x', NS_DATA_FORMS) !== undefined;
    if (command.form !== undefined && !isFilledIn) return answer('executing', command.form(room));
    return whenDone(command.run(room, iq), ({ result, tell }) => {
      return { payload: answer('completed', result), tell: () => tell?.() };
    });
  });
}
