/** docs/protocol/scene.md §4: what the service and its scenes tell of themselves (XEP-0030) */
import { dataForm, type Element, ns } from '#core';
import disco from '#modules/disco';
import type { Service } from './config.ts';
import { NS_SCENE, NS_SCENE_INFO } from './namespaces.ts';
import type { Scene } from './scene.ts';

const info = ns('http://jabber.org/protocol/disco#info');
const items = ns('http://jabber.org/protocol/disco#items');
/** Scenes in one list; a game has a list of its own. */
const MOST_LISTED = 100;

export function announce({ host, scenes }: Service): void {
  host.identity({ category: 'conference', type: 'x-scene', name: host.config.name }, 'host');
  host.feature(NS_SCENE, ['host', 'account']);
  host.use(disco).onItems(() => {
    const listed = [...scenes.open].filter(({ settings }) => settings.isPublic).slice(0, MOST_LISTED);
    const item = ({ jid, name, settings }: Scene) =>
      items('item', { jid: jid.toString(), name: settings.name || name });
    return items('query', {}, listed.map(item));
  });
}

export function sceneInfo({ host }: Service, { name, settings, size }: Scene): Element {
  const fields = Object.entries({
    sight: settings.sight,
    rate: settings.rate,
    members: size,
    zones: settings.zones.length,
  });
  return info(
    'query',
    {},
    info('identity', { category: 'conference', type: 'x-scene', name: settings.name || name }),
    host.features('account').map((feature) => info('feature', { var: feature })),
    dataForm(
      'result',
      NS_SCENE_INFO,
      fields.map(([key, value]) => ({ var: `scene#${key}`, type: 'text-single', values: [String(value)] })),
    ),
  );
}
