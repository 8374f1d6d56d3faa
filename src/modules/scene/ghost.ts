/** docs/protocol/scene.md §8: members that are not there any more */
import { type Stanza, StanzaError } from '#core';
import type { Service } from './config.ts';
import { leave } from './leave.ts';
import type { Scene } from './scene.ts';

/** What tells that a stanza of the scene did not arrive, as for a room (XEP-0045 §18.1.2). */
const UNDELIVERED: ReadonlySet<string> = new Set([
  'gone',
  'item-not-found',
  'recipient-unavailable',
  'redirect',
  'remote-server-not-found',
  'remote-server-timeout',
]);

/** Something of the scene came back to it. @param returned an error */
export function removeGhost(service: Service, scene: Scene | undefined, returned: Stanza): void {
  const member = scene?.memberOf(returned.from);
  if (member === undefined || !UNDELIVERED.has(StanzaError.from(returned).condition)) return;
  // Later: the space may be telling its members something.
  queueMicrotask(() => leave(service, member));
}
