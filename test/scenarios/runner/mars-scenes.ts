/** Stanzas of docs/protocol/scene.md as the commands 1030 to 1033, and what comes of these as stanzas: where both can say the same */
import { attributes, Element, NS_CLIENT, ns } from '#core';
import { type Body, type BodyInit, Command, type SceneAction, type SceneActor, type SceneResult } from '#protocol/mars';

const NS_SCENE = 'urn:tharsis:scene:0';
const scene = ns(NS_SCENE);
const NUMBER = /^-?\d+(\.\d+)?$/;

interface Said {
  readonly cmdid: number;
  readonly body: BodyInit;
}

export class MarsScenes {
  /** By the JID of the scene, one's own nickname. */
  readonly #nicks = new Map<string, string>();

  /** Undefined for what these commands cannot say: it goes as a stanza. */
  request(stanza: Element): Said | undefined {
    const { to = '', id = '', type } = stanza.attrs;
    const [address = '', nick = ''] = to.split('/');
    if (!address.includes('@scene.')) return undefined;
    if (stanza.name === 'presence') return this.#presence(stanza, address, nick);
    const [child, ...more] = stanza.elements();
    if (!this.#nicks.has(address) || nick !== '' || child === undefined) return undefined;
    if (child.is('move', NS_SCENE)) {
      const place = placeOf(child);
      return place && { cmdid: Command.sceneMove, body: { id, payload: moveOf(address, place) } };
    }
    if (child.is('act', NS_SCENE)) {
      const { kind = '', target = '' } = child.attrs;
      const value = { scene: address, kind, target, text: child.text() };
      return { cmdid: Command.sceneAction, body: { id, payload: { case: 'sceneAction', value } } };
    }
    const { movement = 'true' } = child.attrs;
    if (child.is('watch', NS_SCENE) && /^(true|false)$/.test(movement)) {
      return { cmdid: Command.scene, body: { id, ...watching(address, movement === 'true') } };
    }
    const talk = more.length === 0 || (more.length === 1 && more[0]?.is('talk', NS_SCENE)) ? more[0] : null;
    if (type !== 'groupchat' || !child.is('body', NS_CLIENT) || talk === null) return undefined;
    const value = { scene: address, channel: talk?.attrs.channel ?? '', body: child.text() };
    return { cmdid: Command.sceneTalk, body: { id, payload: { case: 'sceneTalk', value } } };
  }

  #presence(stanza: Element, address: string, nick: string): Said | undefined {
    const { id = '', type = '' } = stanza.attrs;
    const position = stanza.child('enter', NS_SCENE)?.child('position', NS_SCENE);
    const place = position && placeOf(position);
    if (type !== '' || nick === '' || place === undefined) return undefined;
    const { x, y, z, direction, speed } = place;
    const value = { nick, position: { x, y, z }, direction, speed };
    const payload = { case: 'scene', value: { scene: address, action: { case: 'enter', value } } } as const;
    return { cmdid: Command.scene, body: { id, payload } };
  }

  /** What is to be said when this was answered: members of other transports do not watch unless they say so. */
  next(stanza: Element, { payload }: Body): Said | undefined {
    const enter = stanza.child('enter', NS_SCENE);
    if (payload.case !== 'sceneResult' || enter === undefined || /^(true|1)$/.test(enter.attrs.watch ?? ''))
      return undefined;
    return { cmdid: Command.scene, body: watching(payload.value.scene, false) };
  }

  /** The stanzas that an answer without error stands for. */
  answer(stanza: Element, { payload }: Body): Element[] {
    const { id, to: from } = stanza.attrs;
    if (payload.case === 'sceneResult') return this.#entered(payload.value, id);
    if (stanza.name !== 'iq') return [];
    return [new Element('iq', NS_CLIENT, attributes({ type: 'result', id, from }))];
  }

  push(body: Body): Element[] {
    const { payload } = body;
    switch (payload.case) {
      case 'sceneMoves': {
        const { scene: from, moves } = payload.value;
        return moves.map((move) => headline(from, move.actor, scene('move', placeAttributes(move, move))));
      }
      case 'sceneAction':
        return [headline(payload.value.scene, payload.value.actor, actElement(payload.value))];
      case 'sceneSight': {
        const { scene: from, seen, outOfSight, left, ended } = payload.value;
        return [
          ...seen.map((actor) => presence(from, actor.actor, memberOf(actor))),
          ...outOfSight.map((nick) => gone(from, nick, scene('out-of-sight'))),
          ...left.map((nick) => gone(from, nick)),
          ...(ended === '' ? [] : [this.#ended(from, ended)]),
        ];
      }
      default:
        return [];
    }
  }

  #entered({ scene: from, self, snapshot, ...traits }: SceneResult, id: string | undefined): Element[] {
    this.#nicks.set(from, self?.actor ?? '');
    const { sight, outOfSight, say, yell, whisper, tickRate, placed } = traits;
    const [far, hidden, said, yelled, whispered, rate] = [sight, outOfSight, say, yell, whisper, tickRate].map(String);
    const sizes = { sight: far, 'out-of-sight': hidden, say: said, yell: yelled, whisper: whispered, rate };
    const look = scene('scene', { ...sizes, positions: placed ? 'backend' : 'members' });
    const own = presence(from, self?.actor ?? '', memberOf(self as SceneActor, scene('self')), look);
    return [...snapshot.map((actor) => presence(from, actor.actor, memberOf(actor))), own.with({ id })];
  }

  #ended(from: string, why: string): Element {
    const nick = this.#nicks.get(from) ?? '';
    this.#nicks.delete(from);
    return gone(from, nick, scene('self'), why === 'left' ? undefined : scene(why));
  }
}

function watching(address: string, value: boolean): BodyInit {
  return { payload: { case: 'scene', value: { scene: address, action: { case: 'watch', value } } } };
}

type Place = Record<'x' | 'y' | 'z' | 'direction' | 'speed', number>;

function placeOf({ attrs }: Element): Place | undefined {
  const { x = '', y = '', z = '0', heading = '0', speed = '0' } = attrs;
  if (![x, y, z, heading, speed].every((text) => NUMBER.test(text))) return undefined;
  return { x: Number(x), y: Number(y), z: Number(z), direction: Number(heading), speed: Number(speed) };
}

function moveOf(address: string, place: Place): BodyInit['payload'] {
  return { case: 'sceneMove', value: { scene: address, ...place } };
}

/** What is 0 there was not said. */
function placeAttributes(
  { x, y, z }: { readonly x: number; readonly y: number; readonly z: number },
  { direction, speed }: { readonly direction: number; readonly speed: number },
): Record<string, string | undefined> {
  const [height, heading, pace] = [z, direction, speed].map((value) => (value === 0 ? undefined : String(value)));
  return { x: String(x), y: String(y), z: height, heading, speed: pace };
}

function memberOf(actor: SceneActor, self?: Element): Element {
  const { position = { x: 0, y: 0, z: 0 }, action, zone } = actor;
  const place = scene('position', { ...placeAttributes(position, actor), zone: zone === '' ? undefined : zone });
  return scene('member', {}, self, place, action && actElement(action));
}

function actElement({ kind, target, text }: SceneAction): Element {
  return scene('act', { kind, target: target === '' ? undefined : target }, text);
}

function presence(from: string, nick: string, ...children: Element[]): Element {
  return new Element('presence', NS_CLIENT, attributes({ from: `${from}/${nick}` }), children);
}

function gone(from: string, nick: string, ...inside: (Element | undefined)[]): Element {
  const attrs = attributes({ type: 'unavailable', from: `${from}/${nick}` });
  return new Element('presence', NS_CLIENT, attrs, [scene('member', {}, ...inside)]);
}

function headline(from: string, nick: string, child: Element): Element {
  return new Element('message', NS_CLIENT, attributes({ type: 'headline', from: `${from}/${nick}` }), [child]);
}
