import { describe, expect, it } from 'vitest';
import { TestHost } from '../../../test/support/test-host.ts';
import { ClientSession } from './client-session.ts';
import { sessionsSchema } from './config.ts';
import { makeRoom } from './making-room.ts';

/** Sessions of romeo in this order; what is behind the resource is the software. */
async function sessions(...names: string[]): Promise<ClientSession[]> {
  const test = await TestHost.start([], ['romeo']);
  return names.map((name) => {
    const [resource = '', software] = name.split(' by ');
    const { jid, connection } = test.connect('romeo', resource).session;
    return new ClientSession(test.host, jid, connection, { userAgent: { software } });
  });
}

const policy = (given: object) => sessionsSchema.parse(given);
const phone = (changes: object = {}) => ({ name: 'phone', resource: '^phone', most: 1, ...changes });
const newcomer = (resource: string, changes: object = {}) => ({
  ...{ resource, transport: 'tcp', software: undefined },
  ...changes,
});

const names = (displaced: ReturnType<typeof makeRoom>) => displaced.map(({ session }) => session.jid.resource);

describe('making room for a session', () => {
  it('is not needed below the limit', async () => {
    const present = await sessions('a', 'b');
    expect(makeRoom(present, newcomer('c'), policy({}), 3)).toEqual([]);
  });

  it('refuses the newest by default, with the condition that says why', async () => {
    const present = await sessions('a', 'b');
    expect(() => makeRoom(present, newcomer('c'), policy({}), 2)).toThrowError(
      expect.objectContaining({
        condition: 'resource-constraint',
        application: expect.objectContaining({ name: 'too-many', ns: 'urn:x-tharsis:sessions' }),
      }),
    );
  });

  it('ends the oldest, and as many as are too many', async () => {
    const present = await sessions('a', 'b', 'c');
    const displaced = makeRoom(present, newcomer('d'), policy({ wins: 'newest' }), 2);
    expect(names(displaced)).toEqual(['a', 'b']);
    expect(displaced[0]?.error).toMatchObject({ condition: 'conflict', application: { attrs: { most: '2' } } });
  });

  it('looks at those of the same class only', async () => {
    const present = await sessions('phone-1', 'desk');
    const displaced = makeRoom(present, newcomer('PHONE-2'), policy({ classes: [phone()] }), 50);
    expect(names(displaced)).toEqual(['phone-1']);
    expect(displaced[0]?.error.application?.attrs).toEqual({ most: '1', class: 'phone' });
    expect(makeRoom(present, newcomer('laptop'), policy({ classes: [phone()] }), 50)).toEqual([]);
  });

  it('lets the oldest of a class stay when that is wanted', async () => {
    const present = await sessions('phone-1');
    const oldest = policy({ classes: [phone({ wins: 'oldest' })] });
    expect(() => makeRoom(present, newcomer('phone-2'), oldest, 50)).toThrowError(
      expect.objectContaining({ condition: 'resource-constraint' }),
    );
  });

  it('counts a session that gives way in its class no more', async () => {
    const present = await sessions('phone-1', 'desk');
    expect(names(makeRoom(present, newcomer('phone-2'), policy({ classes: [phone()] }), 2))).toEqual(['phone-1']);
  });

  it('knows classes by transport', async () => {
    const present = await sessions('a');
    const web = policy({ classes: [{ name: 'test', transport: 'test', most: 1 }] });
    expect(makeRoom(present, newcomer('b'), web, 50)).toEqual([]);
    expect(names(makeRoom(present, newcomer('b', { transport: 'test' }), web, 50))).toEqual(['a']);
  });

  it('knows classes by what the client says it is', async () => {
    const present = await sessions('a by Game 1.0', 'b');
    const game = policy({ classes: [{ name: 'game', software: '^game ', most: 1 }] });
    expect(names(makeRoom(present, newcomer('c', { software: 'Game 2.0' }), game, 50))).toEqual(['a']);
    expect(makeRoom(present, newcomer('c', { software: 'Desk 2.0' }), game, 50)).toEqual([]);
  });

  it('puts a session into the first class that fits', async () => {
    const present = await sessions('phone-1');
    const both = policy({ classes: [phone({ most: 2 }), { name: 'any', most: 1 }] });
    expect(makeRoom(present, newcomer('phone-2'), both, 50)).toEqual([]);
    expect(makeRoom(present, newcomer('desk'), both, 50)).toEqual([]);
  });
});

it.each([
  { classes: [{ name: 'Phone', most: 1 }] },
  { classes: [phone({ most: 0 })] },
  { classes: [phone({ resource: '(' })] },
])('the options %j are refused', (options) => {
  expect(sessionsSchema.safeParse(options).success).toBe(false);
});
