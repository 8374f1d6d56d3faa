/** Rooms in storage and in memory */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createMemoryStorage, type MapStore, type Stores } from '#core';
import disco from '#modules/disco';
import muc from '#modules/muc';
import presence from '#modules/presence';
import roster from '#modules/roster';
import { administer, bodiesOf, conditions, configure, enter, open, ROOMS, say } from '../../../test/support/rooms.ts';
import { settled, TestHost } from '../../../test/support/test-host.ts';
import { openSqlite } from '../../storage/sqlite/index.ts';

const folders: string[] = [];
const PERSISTENT = { 'muc#roomconfig_persistentroom': '1' };

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function start(stores: (name: string) => Stores, config: object = {}): Promise<TestHost> {
  return TestHost.start(
    [roster, presence, disco, [muc, config]],
    ['crone', 'hag', 'hecate'],
    'example.com',
    undefined,
    stores,
  );
}

async function leave(client: Awaited<ReturnType<TestHost['logIn']>>, room: string): Promise<void> {
  client.send(`<presence type='unavailable' to='${room}@${ROOMS}/any'/>`);
  await settled();
  client.take();
}

describe('a persistent room', () => {
  it('is there after a restart, with its configuration, affiliations, subject, messages and roles', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rooms-'));
    folders.push(folder);
    const file = join(folder, 'rooms.sqlite');
    const first = openSqlite({ file, durability: 'normal' });
    let server = await start((name) => first.stores(name));
    let crone = await server.logIn('crone', 'desktop');
    let hag = await server.logIn('hag', 'pda');
    await open(crone, 'coven', 'first', {
      ...PERSISTENT,
      'muc#roomconfig_roomname': 'A Dark Cave',
      'muc#roomconfig_moderatedroom': '1',
    });
    await administer(
      crone,
      'coven',
      "<item affiliation='outcast' jid='hecate@example.com'><reason>Treason</reason></item>",
    );
    await enter(hag, 'coven', 'third');
    await administer(crone, 'coven', "<item role='participant' nick='third'/>");
    crone.send(`<message type='groupchat' to='coven@${ROOMS}'><subject>Fire Burn</subject></message>`);
    say(crone, 'coven', 'Thrice the brinded cat');
    await settled();
    const sent = crone.takeStanzas().find((stanza) => stanza.child('body'));
    server.takeDown();
    await first.close();

    const second = openSqlite({ file, durability: 'normal' });
    server = await start((name) => second.stores(name));
    crone = await server.logIn('crone', 'desktop');
    hag = await server.logIn('hag', 'pda');
    const hecate = await server.logIn('hecate', 'broom');
    expect(conditions(await enter(hecate, 'coven', 'Hecate'))).toEqual(['forbidden']);
    const received = await enter(hag, 'coven', 'third');
    expect(String(received[0])).toContain('role="participant"');
    expect(bodiesOf(received)).toEqual(['Thrice the brinded cat']);
    expect(received[1]?.child('stanza-id', 'urn:xmpp:sid:0')?.attrs).toEqual(
      sent?.child('stanza-id', 'urn:xmpp:sid:0')?.attrs,
    );
    expect(received.at(-1)?.childText('subject')).toBe('Fire Burn');
    expect(String(received.at(-1))).toContain(`from="coven@${ROOMS}/first"`);
    const [self] = await enter(crone, 'coven', 'first');
    expect(String(self)).toContain('third');
    expect(await configure(crone, 'coven', { 'muc#roomconfig_roomdesc': 'still mine' })).toBe('result');
    await second.close();
  });

  it('leaves memory when nobody is in it and others are, and comes back when it is touched', async () => {
    const storage = createMemoryStorage();
    const server = await start((name) => storage.stores(name), { idle_rooms: 2, max_rooms_per_user: 1_000 });
    const crone = await server.logIn('crone', 'desktop');
    const read: string[] = [];
    const rooms = storage.stores(ROOMS).map('muc') as MapStore<unknown> & { entries: MapStore<unknown>['entries'] };
    const entries = rooms.entries.bind(rooms);
    rooms.entries = (owner) => {
      read.push(owner);
      return entries(owner);
    };
    for (let i = 0; i < 10; i++) {
      await open(crone, `room${i}`, 'first', PERSISTENT);
      await leave(crone, `room${i}`);
    }
    read.splice(0);
    await enter(crone, 'room9', 'first');
    expect(read).toEqual([]);
    await enter(crone, 'room0', 'first');
    expect(read).toEqual(['room0']);
  });

  it('ends when it is no longer persistent and the last one has left', async () => {
    const storage = createMemoryStorage();
    const server = await start((name) => storage.stores(name));
    const crone = await server.logIn('crone', 'desktop');
    await open(crone, 'coven', 'first', PERSISTENT);
    await administer(crone, 'coven', "<item affiliation='member' jid='hag@example.com'/>");
    const stored = () => storage.stores(ROOMS).map('muc').owners();
    expect(await stored()).toEqual(['coven']);
    expect(await configure(crone, 'coven', { 'muc#roomconfig_persistentroom': '0' })).toBe('result');
    expect(await stored()).toEqual([]);
    expect(await storage.stores(ROOMS).map('muc-user').owners()).toEqual([]);
    await leave(crone, 'coven');
    expect(conditions(await enter(await server.logIn('hag', 'pda'), 'coven', 'third'))).toEqual([]);
  });

  it('ends from outside when it was empty already', async () => {
    const server = await start((name) => createMemoryStorage().stores(name));
    const crone = await server.logIn('crone', 'desktop');
    await open(crone, 'coven', 'first', PERSISTENT);
    say(crone, 'coven', 'Thrice');
    await leave(crone, 'coven');
    expect(await configure(crone, 'coven', { 'muc#roomconfig_persistentroom': '0' })).toBe('result');
    await settled();
    expect(await configure(crone, 'coven', {})).toBe('error');
  });
});

it('a service starts without looking at its rooms', async () => {
  const storage = createMemoryStorage();
  const rooms = storage.stores(ROOMS).map<unknown>('muc');
  for (let i = 0; i < 100; i++) await rooms.update(`room${i}`, '', () => ({ config: { isPersistent: true } }));
  for (const method of ['get', 'entries', 'owners'] as const) {
    rooms[method] = () => {
      throw new Error(`${method} at the start`);
    };
  }
  await expect(start((name) => storage.stores(name))).resolves.toBeDefined();
});

it('the list of rooms has a page at a time, forwards and backwards', async () => {
  const server = await start((name) => createMemoryStorage().stores(name), { max_page: 3 });
  const crone = await server.logIn('crone', 'desktop');
  for (const room of ['b', 'd', 'a', 'c', 'e']) {
    await open(crone, room, 'first', 'ace'.includes(room) ? PERSISTENT : {});
  }
  await open(crone, 'hidden', 'first', { 'muc#roomconfig_publicroom': '0' });
  const list = async (set: string) => {
    crone.send(
      `<iq type='get' id='l' to='${ROOMS}'><query xmlns='http://jabber.org/protocol/disco#items'>
        <set xmlns='http://jabber.org/protocol/rsm'>${set}</set></query></iq>`,
    );
    await settled();
    const query = crone.takeStanzas()[0]?.elements()[0];
    return query?.elements('item').map((item) => item.attrs.jid?.split('@')[0]);
  };
  expect(await list('')).toEqual(['a', 'b', 'c']);
  expect(await list(`<max>2</max><after>b@${ROOMS}</after>`)).toEqual(['c', 'd']);
  expect(await list(`<after>c@${ROOMS}</after>`)).toEqual(['d', 'e']);
  expect(await list(`<max>2</max><before>d@${ROOMS}</before>`)).toEqual(['b', 'c']);
  expect(await list('<max>2</max><before/>')).toEqual(['d', 'e']);
  expect(await list('<max>0</max>')).toEqual([]);
});
