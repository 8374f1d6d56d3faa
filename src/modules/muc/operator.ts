/** What an operator asks of the rooms, by command */
import {
  defineCommand,
  JidError,
  largestOf,
  message,
  NS_CLIENT,
  ns,
  pageOf,
  prepareLocal,
  StanzaError,
  type Tally,
} from '#core';
import type { Service } from './config.ts';
import { toAll } from './message.ts';
import { roomList, roomSay, roomTop } from './specs.ts';

const client = ns(NS_CLIENT);

export function offerRoomCommands(service: Service): void {
  const { host, rooms, archive } = service;
  host.command(
    defineCommand({
      ...roomList,
      run({ after = '', limit }) {
        const { page, more } = pageOf(tallies(), after, limit);
        return { rooms: page.map(shown), more };
      },
    }),
  );
  host.command(defineCommand({ ...roomTop, run: ({ limit }) => ({ rooms: largestOf(tallies(), limit).map(shown) }) }));
  host.command(
    defineCommand({
      ...roomSay,
      async run({ room: name, body }) {
        const room = await rooms.get(prepared(name));
        if (room === undefined) throw new StanzaError('item-not-found', `there is no room ${name}`);
        const at = host.clock.now();
        const said = message({ type: 'groupchat', from: room.jid }, client('body', {}, body));
        const kept = host.config.archive ? await archive.keepOwn(room, said, at) : said;
        room.history.add(kept, at, room.config.history);
        toAll(service, room, kept);
        return { jid: room.jid.toString(), occupants: room.size };
      },
    }),
  );

  function* tallies(): Iterable<Tally> {
    for (const { jid, size } of rooms.open) yield { jid: jid.toString(), count: size };
  }
}

function shown({ jid, count }: Tally) {
  return { jid, occupants: count };
}

/** @throws StanzaError jid-malformed */
function prepared(localpart: string): string {
  try {
    return prepareLocal(localpart);
  } catch (cause) {
    if (cause instanceof JidError) throw new StanzaError('jid-malformed', `${localpart}: ${cause.message}`, { cause });
    throw cause;
  }
}
