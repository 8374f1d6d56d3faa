/** docs/protocol/scene.md §11: members of a scene as game clients see them; each form is made once for all who get it */
import type { SceneAction, SceneMember, SceneMovement } from '#core';
import {
  type SceneAction as ActionMessage,
  encodeSceneMove,
  type Init,
  type Position,
  type SceneActor,
  type SceneMove,
} from '#protocol/mars';

export function moveOf({ nick, movement }: SceneMember): Uint8Array {
  const { x, y, z, heading = 0, speed = 0 } = movement;
  return encodeSceneMove({ x, y, z, direction: heading, speed, actor: nick });
}

/** A direction or a speed of 0 cannot be told from none. */
export function movementOf(
  { x, y, z }: Pick<Position, 'x' | 'y' | 'z'>,
  { direction, speed }: Pick<SceneMove, 'direction' | 'speed'>,
): SceneMovement {
  return { x, y, z, heading: direction === 0 ? undefined : direction, speed: speed === 0 ? undefined : speed };
}

export function actorOf({ nick, movement, action, zone }: SceneMember): Init<SceneActor> {
  const { x, y, z, heading: direction, speed } = movement;
  const last = action && actionOf(action);
  return { actor: nick, position: { x, y, z }, direction, speed, action: last, zone };
}

export function actionOf({ kind, target, text }: SceneAction): Init<ActionMessage> {
  return { kind, target, text };
}

/** Actors of one frame have about so many bytes at most. */
const PAGE_BYTES = 65_536;

/** In pages, the first of which may be empty. */
export function pagesOf(members: Iterable<SceneMember>): readonly Init<SceneActor>[][] {
  let page: Init<SceneActor>[] = [];
  const pages = [page];
  let bytes = 0;
  for (const member of members) {
    const actor = member.as(actorOf);
    bytes += sizeOf(actor);
    if (bytes > PAGE_BYTES && page.length > 0) {
      page = [];
      pages.push(page);
      bytes = sizeOf(actor);
    }
    page.push(actor);
  }
  return pages;
}

/** At most: numbers and tags, and texts in UTF-8. */
function sizeOf({ actor = '', action, zone = '' }: Init<SceneActor>): number {
  const { kind = '', target = '', text = '' } = action ?? {};
  return 64 + 3 * (actor.length + zone.length + kind.length + target.length + text.length);
}
