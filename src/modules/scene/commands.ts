/** docs/protocol/scene.md §7: the backend by command */
import { defineCommand, largestOf, message, NS_CLIENT, ns, pageOf, StanzaError, type Tally } from '#core';
import type { Service } from './config.ts';
import { place } from './move.ts';
import { NS_SCENE } from './namespaces.ts';
import { sceneList, sceneMove, sceneSay, sceneTop } from './specs.ts';

const client = ns(NS_CLIENT);
const talk = ns(NS_SCENE);

export function offerCommands(service: Service): void {
  const { host, scenes } = service;
  host.command(
    defineCommand({
      ...sceneMove,
      async run({ scene: name, nick, x, y, z, heading, speed }) {
        const member = (await scenes.get(name))?.member(nick);
        if (member === undefined) throw new StanzaError('item-not-found', `nobody is in ${name} as ${nick}`);
        place(service, member, { x, y, z, heading, speed });
        return { member: member.occupant.toString() };
      },
    }),
  );
  host.command(
    defineCommand({
      ...sceneList,
      run({ after = '', limit }) {
        const { page, more } = pageOf(tallies(), after, limit);
        return { scenes: page.map(shown), more };
      },
    }),
  );
  host.command(
    defineCommand({ ...sceneTop, run: ({ limit }) => ({ scenes: largestOf(tallies(), limit).map(shown) }) }),
  );
  host.command(
    defineCommand({
      ...sceneSay,
      async run({ scene: name, body }) {
        const scene = await scenes.get(name);
        if (scene === undefined) throw new StanzaError('item-not-found', `there is no scene ${name}`);
        const said = message(
          { type: 'groupchat', from: scene.jid },
          client('body', {}, body),
          talk('talk', { channel: 'all' }),
        );
        for (const { sink } of scene.members) sink.hears(said);
        return { jid: scene.jid.toString(), members: scene.size };
      },
    }),
  );

  function* tallies(): Iterable<Tally> {
    for (const { jid, size } of scenes.open) yield { jid: jid.toString(), count: size };
  }
}

function shown({ jid, count }: Tally) {
  return { jid, members: count };
}
