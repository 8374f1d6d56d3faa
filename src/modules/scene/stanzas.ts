/** docs/protocol/scene.md §5: members and what they do, as XMPP has it; each form is made once for all who get it */
import { type Element, type Message, message, ns, type Presence, presence, StanzaError } from '#core';
import { NS_SCENE } from './namespaces.ts';
import type { Action, Farewell, Member, Movement, Scene } from './scene.ts';

const scene = ns(NS_SCENE);

export function presenceOf(member: Member): Presence {
  return presence({ from: member.occupant }, memberElement(member));
}

export function movementOf(member: Member): Message {
  return message({ type: 'headline', from: member.occupant }, scene('move', attributesOf(member.movement)));
}

export function actionOf(member: Member): Message {
  const { action } = member;
  return message({ type: 'headline', from: member.occupant }, action && actionElement(action));
}

/** Somebody left the scene. */
export function gone(member: Member): Presence {
  return presence({ type: 'unavailable', from: member.occupant }, scene('member'));
}

/** Somebody is in the scene still, but too far away. */
export function outOfSight(member: Member): Presence {
  return presence({ type: 'unavailable', from: member.occupant }, scene('member', {}, scene('out-of-sight')));
}

/** To the member himself: he is inside, and what the scene is like. */
export function welcome(member: Member): Presence {
  const self = memberElement(member, scene('self'));
  return presence({ from: member.occupant }, self, sceneElement(member.scene));
}

/** To the member himself: he is outside. */
export function farewell(member: Member, why: Farewell): Presence {
  const reason = why === 'left' ? undefined : scene(why);
  return presence({ type: 'unavailable', from: member.occupant }, scene('member', {}, scene('self'), reason));
}

function memberElement(member: Member, self?: Element): Element {
  const place = scene('position', { ...attributesOf(member.movement), zone: member.zone });
  return scene('member', {}, self, place, member.action && actionElement(member.action));
}

function actionElement({ kind, target, text }: Action): Element {
  return scene('act', { kind, target }, text);
}

/** What clients need to draw it. */
function sceneElement({ settings }: Scene): Element {
  const { sight, outOfSight: out, say, yell, whisper, rate, positions } = settings;
  const [far, hidden, said, yelled, whispered, ticks] = [sight, out, say, yell, whisper, rate].map(String);
  return scene('scene', {
    ...{ sight: far, 'out-of-sight': hidden, say: said, yell: yelled, whisper: whispered, rate: ticks, positions },
  });
}

function attributesOf({ x, y, z, heading, speed }: Movement): Record<string, string | undefined> {
  return {
    ...{ x: String(x), y: String(y), z: z === 0 ? undefined : String(z) },
    ...{ heading: heading?.toString(), speed: speed?.toString() },
  };
}

/** Of `<move/>` or `<position/>`. @throws StanzaError bad-request */
export function readMovement(element: Element): Movement {
  const [x, y] = [numberIn(element, 'x'), numberIn(element, 'y')];
  if (x === undefined || y === undefined) throw new StanzaError('bad-request', 'a position has x and y');
  const heading = numberIn(element, 'heading');
  return { x, y, z: numberIn(element, 'z') ?? 0, heading, speed: numberIn(element, 'speed') };
}

function numberIn(element: Element, name: string): number | undefined {
  const text = element.attr(name);
  if (text === undefined) return undefined;
  const number = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(number)) throw new StanzaError('bad-request', `${name} is a number`);
  return number;
}

/** Of `<act/>`. */
export function readAction(element: Element): Action {
  return { kind: element.attr('kind') ?? '', target: element.attr('target'), text: element.text() };
}

/** xs:boolean; undefined where it is not there. @throws StanzaError bad-request */
export function readFlag(element: Element, name: string): boolean | undefined {
  const text = element.attr(name);
  if (text === undefined) return undefined;
  if (text === 'true' || text === '1') return true;
  if (text === 'false' || text === '0') return false;
  throw new StanzaError('bad-request', `${name} is true or false`);
}
