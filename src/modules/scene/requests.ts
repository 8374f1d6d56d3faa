/** docs/protocol/scene.md §5.4, §5.5, §6: requests to a scene */
import { type Awaitable, type Element, type Iq, StanzaError, whenDone } from '#core';
import { act } from './act.ts';
import type { Service } from './config.ts';
import { sceneInfo } from './disco.ts';
import { insider } from './message.ts';
import { NS_SCENE, NS_SCENE_OWNER } from './namespaces.ts';
import { changeSettings, ownerForm } from './owner.ts';
import type { Scene } from './scene.ts';
import { readAction, readFlag } from './stanzas.ts';

/** Throws StanzaError to refuse. */
type Answer = (service: Service, scene: Scene, iq: Iq & { payload: Element }) => Awaitable<Element | void>;

const ANSWERS: Readonly<Record<string, Answer>> = {
  [`set act ${NS_SCENE}`]: (service, scene, iq) => act(service, insider(scene, iq.from), readAction(iq.payload)),
  [`set watch ${NS_SCENE}`](_service, scene, iq) {
    const member = insider(scene, iq.from);
    scene.watch(member, readFlag(iq.payload, 'movement') ?? true);
  },
  [`get query ${NS_SCENE_OWNER}`]: (_service, scene, iq) => ownerForm(scene, iq),
  [`set query ${NS_SCENE_OWNER}`]: changeSettings,
  'get query http://jabber.org/protocol/disco#info': (service, scene) => sceneInfo(service, scene),
  // Who is there is nobody's business outside.
  'get query http://jabber.org/protocol/disco#items': (_service, _scene, { payload }) => payload.with({}),
  'get ping urn:xmpp:ping': () => {},
};

export function receiveIq(service: Service, iq: Iq, name: string): Awaitable<void> {
  return whenDone(service.scenes.get(name), (scene) => {
    if (scene === undefined) throw new StanzaError('item-not-found', 'there is no such scene');
    const answer = ANSWERS[`${iq.type} ${iq.payload?.name} ${iq.payload?.ns}`];
    if (answer === undefined || !iq.to?.isBare) throw new StanzaError('service-unavailable');
    return whenDone(answer(service, scene, iq as Iq & { payload: Element }), (payload) => {
      void service.host.route(iq.result(payload ?? undefined));
    });
  });
}
