/** docs/protocol/scene.md §6: the form of the owner, and the end of a scene */
import { dataForm, type Element, FilledForm, type Iq, NS_DATA_FORMS, ns, StanzaError } from '#core';
import type { Service } from './config.ts';
import { dismiss } from './leave.ts';
import { NS_SCENE_CONFIG, NS_SCENE_OWNER } from './namespaces.ts';
import { changedSettings, FIELDS } from './owner-form.ts';
import type { Scene } from './scene.ts';

const owner = ns(NS_SCENE_OWNER);

/** @throws StanzaError forbidden */
export function ownerForm(scene: Scene, iq: Iq): Element {
  checkOwner(scene, iq);
  const fields = FIELDS.map(({ values, read, ...field }) => ({ ...field, values: values(scene.settings) }));
  return owner(
    'query',
    {},
    dataForm('form', NS_SCENE_CONFIG, fields, {
      title: `Settings of ${scene.jid}`,
      instructions: 'Complete this form to change what your scene is like.',
    }),
  );
}

/** Resolves when the change is committed. @throws StanzaError forbidden, bad-request, not-acceptable */
export async function changeSettings(service: Service, scene: Scene, iq: Iq & { payload: Element }): Promise<void> {
  checkOwner(scene, iq);
  if (iq.payload.child('destroy') !== undefined) {
    dismiss(scene, 'destroyed');
    return service.scenes.remove(scene);
  }
  const x = iq.payload.child('x', NS_DATA_FORMS);
  if (x === undefined) throw new StanzaError('bad-request', 'a form or <destroy/> is expected');
  if (x.attrs.type === 'cancel') return;
  const form = FilledForm.in(iq.payload, NS_SCENE_CONFIG) as FilledForm;
  const { owners } = scene.settings;
  scene.settings = changedSettings(scene.settings, form, service.host.config);
  await service.scenes.save(scene, owners);
}

function checkOwner(scene: Scene, { from }: Iq): void {
  if (!scene.isOwner(from)) throw new StanzaError('forbidden', 'only owners do that');
}
