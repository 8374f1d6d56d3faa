/** XEP-0045 §10.2: owners and admins as the configuration form has them, which is in full */
import { type FilledForm, type FormField, Jid, StanzaError } from '#core';
import type { AffiliationChange } from './affiliation.ts';
import type { Affiliation } from './privileges.ts';
import type { Room } from './room.ts';
import type { RoomConfig } from './room-config.ts';

const OWNERS = 'muc#roomconfig_roomowners';
const ADMINS = 'muc#roomconfig_roomadmins';

export function affiliationFields(room: Room): FormField[] {
  const listed = (wanted: Affiliation) =>
    [...room.affiliated].filter(([, { affiliation }]) => affiliation === wanted).map(([jid]) => jid);
  return [
    { var: ADMINS, type: 'jid-multi', label: 'Full List of Room Admins', values: listed('admin') },
    { var: OWNERS, type: 'jid-multi', label: 'Full List of Room Owners', values: listed('owner') },
  ];
}

/** What makes the owners and admins of a room those of the form. @throws StanzaError not-acceptable */
export function affiliationsIn(form: FilledForm, room: Room, next: RoomConfig): AffiliationChange[] {
  const given = new Set(form.names);
  const owners = given.has(OWNERS) ? jidsIn(form, OWNERS) : undefined;
  const admins = given.has(ADMINS) ? jidsIn(form, ADMINS) : undefined;
  const wanted = new Map<string, Affiliation>();
  for (const [jid, { affiliation }] of room.affiliated) {
    // §10.2: an owner who is no longer one becomes an admin, unless the form says who those are.
    if (affiliation === 'owner' && owners !== undefined)
      wanted.set(jid, admins === undefined ? 'admin' : ordinary(next));
    if (affiliation === 'admin' && admins !== undefined) wanted.set(jid, ordinary(next));
  }
  for (const jid of admins ?? [])
    if (room.affiliated.get(jid)?.affiliation !== 'owner' || owners) wanted.set(jid, 'admin');
  for (const jid of owners ?? []) wanted.set(jid, 'owner');
  return [...wanted]
    .filter(([jid, affiliation]) => (room.affiliated.get(jid)?.affiliation ?? 'none') !== affiliation)
    .map(([jid, affiliation]) => ({ user: Jid.parse(jid), affiliation }));
}

/** What is left of an admin who is none any more: he still may enter. */
function ordinary({ isMembersOnly }: RoomConfig): Affiliation {
  return isMembersOnly ? 'member' : 'none';
}

function jidsIn(form: FilledForm, name: string): string[] {
  const lines = form.texts(name).flatMap((value) => value.split('\n'));
  return lines
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const jid = Jid.tryParse(line.trim());
      if (jid === undefined) throw new StanzaError('not-acceptable', `${name}: not an address: ${line}`);
      return jid.bare().toString();
    });
}
