import type { Command } from '#core';
import { messageCommands } from './message.ts';
import { redirectCommands } from './redirect.ts';
import { s2sCommands } from './s2s.ts';
import { serverCommands } from './server.ts';
import type { ServerControl } from './server-control.ts';
import { sessionCommands } from './session.ts';
import { tokenCommands } from './token.ts';
import { userCommands } from './user.ts';

export type { ListenerStatus, ServerControl, ServerStatus } from './server-control.ts';

/** The commands every server has, acting on this one. */
export function createCommands(server: ServerControl): Command[] {
  return [
    ...serverCommands(server),
    ...userCommands(server),
    ...sessionCommands(server),
    ...redirectCommands(server.router),
    ...messageCommands(server),
    ...tokenCommands(server),
    ...s2sCommands(server),
  ];
}
