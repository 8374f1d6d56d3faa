/** XEP-0317 §3.2 to §3.7: hats are made, given and taken by commands of the room */
import {
  dataForm,
  type Element,
  FilledForm,
  type FormField,
  type Iq,
  type Jid,
  NS_DATA_FORMS,
  ns,
  StanzaError,
} from '#core';
import type { Service } from './config.ts';
import { tellStatus } from './configure.ts';
import { type Hat, NS_HATS } from './hats.ts';
import { affiliationIs, affiliationMay } from './privileges.ts';
import type { Room } from './room.ts';
import type { RoomCommand } from './room-commands.ts';
import { showToAll } from './show.ts';

const FORM = 'urn:xmpp:hats:commands';
const data = ns(NS_DATA_FORMS);
const MAX_TEXT = 1_023;

const title: FormField = { var: 'hats#title', type: 'text-single', label: 'Hat Title', isRequired: true };
const uri: FormField = { var: 'hats#uri', type: 'text-single', label: 'Hat URI', isRequired: true };
const hue: FormField = { var: 'hats#hue', type: 'text-single', label: 'Hat Hue' };
const wearer: FormField = { var: 'hats#jid', type: 'jid-single', label: 'User Address', isRequired: true };

export function hatCommands(service: Service): RoomCommand[] {
  const { host, rooms } = service;
  host.feature(NS_HATS, 'account'); // §2

  /** Presence that shows another hat than before, for all. */
  const show = (room: Room, wears: (user: Jid) => boolean) => {
    for (const occupant of [...room.occupants]) {
      if (!wears(occupant.user)) continue;
      occupant.presences = {};
      showToAll(service, room, occupant);
    }
  };

  return [
    {
      node: `${FORM}:create`, // §3.2, also to change one
      name: 'Make a hat',
      check: checkAdmin,
      form: () => dataForm('form', FORM, [title, uri, hue], { title: 'Creating a hat' }),
      async run(room, iq) {
        const hat = readHat(formOf(iq));
        if (!room.hats.made.has(hat.uri) && room.hats.made.size >= host.config.max_hats) {
          throw new StanzaError('resource-constraint', `a room has at most ${host.config.max_hats} hats`);
        }
        room.hats.made.set(hat.uri, hat);
        await rooms.save(room);
        return {
          tell() {
            tellStatus(service, room, [104]);
            show(room, (user) => room.hats.of(user).includes(hat));
          },
        };
      },
    },
    {
      node: `${FORM}:destroy`, // §3.3
      name: 'Destroy a hat',
      check: checkAdmin,
      form: (room) => dataForm('form', FORM, [choice(room)], { title: 'Destroying a hat' }),
      async run(room, iq) {
        const hat = hatIn(room, formOf(iq));
        const wearers = new Set([...room.hats.worn].filter(([, uris]) => uris.includes(hat.uri)).map(([user]) => user));
        room.hats.destroy(hat.uri);
        await rooms.save(room);
        return {
          tell() {
            tellStatus(service, room, [104]);
            show(room, (user) => wearers.has(user.toString()));
          },
        };
      },
    },
    {
      node: `${FORM}:list`, // §3.4
      name: 'List the hats',
      check: checkMayEnter,
      run: (room) => ({ result: table('Hats', room.hats.made.values()) }),
    },
    {
      node: `${FORM}:assign`, // §3.5
      name: 'Give a hat to a user',
      check: checkAdmin,
      form: (room) => dataForm('form', FORM, [wearer, choice(room)], { title: 'Assigning a hat' }),
      async run(room, iq) {
        const form = formOf(iq);
        const [user, hat] = [wearerIn(form), hatIn(room, form)];
        if (!room.hats.worn.has(user.toString()) && room.hats.worn.size >= host.config.max_affiliations) {
          throw new StanzaError('resource-constraint', `at most ${host.config.max_affiliations} users wear hats`);
        }
        room.hats.put(user, hat.uri);
        await rooms.save(room);
        return { tell: () => show(room, (other) => other.equals(user)) };
      },
    },
    {
      node: `${FORM}:unassign`, // §3.6
      name: 'Take a hat from a user',
      check: checkAdmin,
      form: (room) => dataForm('form', FORM, [wearer, choice(room)], { title: 'Removing a hat' }),
      async run(room, iq) {
        const form = formOf(iq);
        const [user, hat] = [wearerIn(form), hatIn(room, form)];
        room.hats.take(user.toString(), hat.uri);
        await rooms.save(room);
        return { tell: () => show(room, (other) => other.equals(user)) };
      },
    },
    {
      node: `${FORM}:list-assigned`, // §3.7, with real JIDs
      name: 'List who has which hat',
      check: checkAdmin,
      run(room) {
        const worn = [...room.hats.worn].flatMap(([jid, uris]) =>
          uris.flatMap((one) => {
            const hat = room.hats.made.get(one);
            return hat === undefined ? [] : [{ jid, ...hat }];
          }),
        );
        return { result: table('Assigned hats', worn) };
      },
    },
  ];
}

function checkAdmin(room: Room, { from }: Iq): void {
  if (!affiliationIs(room.affiliationOf(from as Jid), 'admin')) {
    throw new StanzaError('forbidden', 'hats are for owners and admins to give');
  }
}

/** What there is inside is for those who could be there. */
function checkMayEnter(room: Room, { from }: Iq): void {
  const privilege = room.config.isMembersOnly ? 'enterMembersOnlyRoom' : 'enterOpenRoom';
  if (!affiliationMay(room.affiliationOf(from as Jid), privilege)) {
    throw new StanzaError('forbidden', 'the hats are for those who may enter');
  }
}

function formOf({ payload }: Iq): FilledForm {
  return FilledForm.in(payload, FORM) as FilledForm;
}

/** @throws StanzaError bad-request, not-acceptable */
function readHat(form: FilledForm): Hat {
  const hat = { uri: needed(form, 'hats#uri'), title: needed(form, 'hats#title') };
  const angle = form.text('hats#hue');
  if (angle === undefined) return hat;
  if (!/^\d{1,3}(\.\d{1,12})?$/.test(angle) || Number(angle) > 360) {
    throw new StanzaError('not-acceptable', 'a hue is an angle from 0 to 360');
  }
  return { ...hat, hue: angle };
}

/** @throws StanzaError item-not-found */
function hatIn(room: Room, form: FilledForm): Hat {
  const hat = room.hats.made.get(needed(form, 'hats#uri'));
  if (hat === undefined) throw new StanzaError('item-not-found', 'there is no such hat');
  return hat;
}

function wearerIn(form: FilledForm): Jid {
  const user = form.jid('hats#jid');
  if (user === undefined) throw new StanzaError('bad-request', 'whose hat?');
  return user.bare();
}

function needed(form: FilledForm, name: string): string {
  const text = form.text(name);
  if (text === undefined) throw new StanzaError('bad-request', `${name} is missing`);
  if (text.length > MAX_TEXT) throw new StanzaError('not-acceptable', `${name}: at most ${MAX_TEXT} characters`);
  return text;
}

function choice({ hats: { made } }: Room): FormField {
  const options = [...made.values()].map((hat) => ({ value: hat.uri, label: hat.title }));
  return { var: 'hats#uri', type: 'list-single', label: 'The hat', options, isRequired: true };
}

/** XEP-0004 §3.4 */
function table(caption: string, rows: Iterable<Hat & { readonly jid?: string }>): Element {
  const cells = ({ jid, title: name, uri: id, hue: angle }: Hat & { readonly jid?: string }) =>
    Object.entries({ 'hats#jid': jid, 'hats#title': name, 'hats#uri': id, 'hats#hue': angle })
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => data('field', { var: name }, data('value', {}, value ?? '')));
  const columns = ['hats#title', 'hats#uri', 'hats#hue'].map((name) => data('field', { var: name }));
  const items = [...rows].map((row) => data('item', {}, cells(row)));
  return data('x', { type: 'result' }, data('title', {}, caption), data('reported', {}, columns), items);
}
