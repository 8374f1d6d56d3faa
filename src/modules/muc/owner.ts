/** XEP-0045 §10.1, §10.2, §10.9: requests in muc#owner */
import { dataForm, type Element, FilledForm, type Iq, type Jid, NS_DATA_FORMS, ns, StanzaError } from '#core';
import { actorOf } from './actor.ts';
import { changeAffiliations, checkAffiliationChanges } from './affiliation.ts';
import type { Service } from './config.ts';
import { configure, open } from './configure.ts';
import { destroy, readDestruction } from './destroy.ts';
import { NS_MUC_OWNER, NS_ROOMCONFIG } from './namespaces.ts';
import { affiliationMay } from './privileges.ts';
import type { Room } from './room.ts';
import { changedConfig, ROOM_OPTIONS } from './room-config.ts';
import type { RoomIqs, ThenTell } from './room-iqs.ts';
import { affiliationFields, affiliationsIn } from './room-owners.ts';

const muc = ns(NS_MUC_OWNER);

export function answerOwner(service: Service, iqs: RoomIqs): void {
  iqs.on('get', 'query', NS_MUC_OWNER, (room, iq) => {
    checkOwner(room, iq);
    return muc('query', {}, formOf(room));
  });

  iqs.on('set', 'query', NS_MUC_OWNER, async (room, iq) => {
    checkOwner(room, iq);
    const destruction = iq.payload?.child('destroy');
    if (destruction !== undefined) return destroy(service, room, readDestruction(destruction));
    const form = iq.payload?.child('x', NS_DATA_FORMS);
    if (form === undefined) throw new StanzaError('bad-request', 'a form or <destroy/> is expected');
    if (form.attrs.type === 'cancel') return cancel(service, room);
    return submit(service, room, iq, form);
  });
}

function checkOwner(room: Room, { from }: Iq): void {
  if (!affiliationMay(room.affiliationOf(from as Jid), 'configure')) {
    throw new StanzaError('forbidden', 'only owners do that');
  }
}

/** §10.1.3 */
function formOf(room: Room): Element {
  const fields = ROOM_OPTIONS.map(({ values, ...field }) => ({ ...field, values: values(room.config) }));
  return dataForm('form', NS_ROOMCONFIG, [...fields, ...affiliationFields(room)], {
    title: `Configuration of ${room.jid}`,
    instructions: 'Complete this form to change what your room is like.',
  });
}

/** §10.1.3: without a configuration a new room never was. §10.2: another one stays as it is. */
async function cancel(service: Service, room: Room): Promise<void> {
  if (room.isLocked) await destroy(service, room, {});
}

async function submit(service: Service, room: Room, iq: Iq, x: Element): Promise<ThenTell> {
  // §10.1.2: an empty form accepts what is.
  const form = x.elements('field').length === 0 ? undefined : FilledForm.in(iq.payload, NS_ROOMCONFIG);
  if (form === undefined && x.attrs.type !== 'submit')
    throw new StanzaError('bad-request', 'the form is not filled in');
  const next = form === undefined ? room.config : changedConfig(room.config, form, service.host.config);
  const actor = actorOf(room, iq.from as Jid);
  const changes = form === undefined ? [] : affiliationsIn(form, room, next);
  checkAffiliationChanges(service, room, actor, changes);
  const wasPersistent = room.config.isPersistent && !room.isLocked;
  const tells = room.isLocked ? open(service, room, next) : configure(service, room, next);
  const affiliated = changeAffiliations(service, room, actor, changes);
  const isWhole = wasPersistent !== next.isPersistent;
  await (isWhole ? service.rooms.saveWhole(room) : service.rooms.save(room));
  tells.push(...(await affiliated));
  return {
    tell() {
      for (const tell of tells) tell();
      if (room.isEmpty && !room.isDestroyed) service.rooms.vacated(room); // it may be persistent no more
    },
  };
}
