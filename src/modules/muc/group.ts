/** Groups as games have them: one command makes a room with its members */
import { randomUUID } from 'node:crypto';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { defineCommand, Jid, JidError, ns, StanzaError } from '#core';
import type { Service } from './config.ts';
import { checkMayCreate } from './create.ts';
import { invitation } from './invitation.ts';
import { groupCreate } from './specs.ts';

const NS_GROUPS = 'urn:x-tharsis:groups';
const groups = ns(NS_GROUPS);
const conference = ns('jabber:x:conference');
const MAX_NAME = 255;
/** Members told in a turn of the event loop, and stored. */
const EACH_TURN = 200;

interface Group {
  readonly name: string;
  readonly owner: Jid;
  readonly members: readonly Jid[];
  readonly jid: Jid;
}

export function offerGroups(service: Service): void {
  const { host } = service;
  const jidOf = (room: string) => parse(`${room}@${host.domain.domain}`);
  host.command(
    defineCommand({
      ...groupCreate,
      run({ name, owner, members = [], room = randomUUID() }) {
        return createGroup(service, { name, owner: parse(owner).bare(), members: barely(members), jid: jidOf(room) });
      },
    }),
  );

  // The same for users, who may make rooms: docs/rooms.md tells of it.
  host.feature(NS_GROUPS);
  host.iq('set', 'group', NS_GROUPS, 'host', async ({ payload, from }) => {
    const owner = (from as Jid).bare();
    const name = payload?.attr('name') ?? '';
    if (name === '' || name.length > MAX_NAME) {
      throw new StanzaError('bad-request', `a group has a name, of at most ${MAX_NAME} characters`);
    }
    const members = barely(payload?.elements('member').map((member) => member.attr('jid') ?? '') ?? []);
    await checkMayCreate(service, owner);
    const { jid } = await createGroup(service, { name, owner, members, jid: jidOf(randomUUID()) });
    return groups('group', { jid });
  });
}

function barely(texts: readonly string[]): Jid[] {
  return [...new Set(texts.map((text) => parse(text).bare()))];
}

/** Resolves when the room is stored, and its members are told: those who are away when they come (XEP-0160). */
async function createGroup({ host, rooms }: Service, { name, owner, members, jid }: Group) {
  const most = host.config.max_affiliations;
  if (members.length >= most) throw new StanzaError('resource-constraint', `a room has at most ${most} members`);
  if ((await rooms.get(jid.local)) !== undefined) throw new StanzaError('conflict', `${jid} exists already`);
  const room = rooms.create(jid, owner);
  room.config = { ...room.config, name, isPersistent: true, isMembersOnly: true, isPublic: false, notifiesAway: true };
  for (const member of members) if (!member.equals(owner)) room.affiliate(member, { affiliation: 'member' });
  rooms.occupied(room); // who comes before it is stored shall find all of it
  const users = [...room.affiliated.keys()];
  await Promise.all([rooms.save(room), rooms.saveAffiliations(room, [owner.toString()])]);
  for (let at = 0; at < users.length; at += EACH_TURN) {
    await rooms.saveAffiliations(room, users.slice(at, at + EACH_TURN));
  }
  if (room.isEmpty) rooms.vacated(room);
  // XEP-0249 as well: that is what archives keep.
  const direct = conference('x', { jid: jid.toString(), reason: name });
  let told = 0;
  for (const user of room.affiliated.keys()) {
    void host.route(invitation(room, Jid.parse(user), owner).withChild(direct));
    if (++told % EACH_TURN === 0) await endOfTurn();
  }
  return { jid: jid.toString(), members: room.affiliated.size };
}

function parse(text: string): Jid {
  try {
    return Jid.parse(text);
  } catch (cause) {
    if (cause instanceof JidError) throw new StanzaError('jid-malformed', `${text}: ${cause.message}`, { cause });
    throw cause;
  }
}
