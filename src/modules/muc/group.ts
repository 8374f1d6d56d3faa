/** Groups as games have them: one command makes a room with its members */
import { createHash, randomUUID } from 'node:crypto';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { defineCommand, Jid, JidError, ns, StanzaError } from '#core';
import type { Service } from './config.ts';
import { checkMayCreate } from './create.ts';
import { invitation } from './invitation.ts';
import type { Room } from './room.ts';
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
    const key = payload?.attr('key') ?? '';
    const jid = jidOf(key === '' ? randomUUID() : roomFor(key, name, owner, members));
    await once({ name, owner, members, jid });
    return groups('group', { jid: jid.toString() });
  });

  /** By the room: groups that are being made. */
  const making = new Map<string, Promise<void>>();
  /** Who did not hear the answer asks again. */
  function once(group: Group): Promise<void> {
    const room = group.jid.local;
    const made = making.get(room) ?? make(group).finally(() => making.delete(room));
    making.set(room, made);
    return made;
  }
  async function make(group: Group): Promise<void> {
    const known = await service.rooms.get(group.jid.local);
    if (known?.affiliationOf(group.owner) === 'owner') return;
    await checkMayCreate(service, group.owner);
    await createGroup(service, group);
  }
}

/** The same for who asks for the same by the same key. */
function roomFor(key: string, name: string, owner: Jid, members: readonly Jid[]): string {
  const asked = JSON.stringify([owner.toString(), key, name, members.map(String)]);
  return createHash('sha256').update(asked).digest('hex').slice(0, 32);
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
  try {
    await store(rooms, room);
  } catch (error) {
    // Nobody shall be told that it is there.
    await rooms.remove(room).catch(() => {});
    throw error;
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

/** The room itself at last: one that is there has all its members. */
async function store(rooms: Service['rooms'], room: Room): Promise<void> {
  const users = [...room.affiliated.keys()];
  for (let at = 0; at < users.length; at += EACH_TURN) {
    await rooms.saveAffiliations(room, users.slice(at, at + EACH_TURN));
  }
  await rooms.save(room);
}

function parse(text: string): Jid {
  try {
    return Jid.parse(text);
  } catch (cause) {
    if (cause instanceof JidError) throw new StanzaError('jid-malformed', `${text}: ${cause.message}`, { cause });
    throw cause;
  }
}
