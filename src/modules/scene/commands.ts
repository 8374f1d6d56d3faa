/** docs/protocol/scene.md §7: the backend by command */
import { defineCommand, StanzaError } from '#core';
import type { Service } from './config.ts';
import { place } from './move.ts';
import { sceneMove } from './specs.ts';

export function offerCommands(service: Service): void {
  service.host.command(
    defineCommand({
      ...sceneMove,
      async run({ scene: name, nick, x, y, z, heading, speed }) {
        const member = (await service.scenes.get(name))?.member(nick);
        if (member === undefined) throw new StanzaError('item-not-found', `nobody is in ${name} as ${nick}`);
        place(service, member, { x, y, z, heading, speed });
        return { member: member.occupant.toString() };
      },
    }),
  );
}
