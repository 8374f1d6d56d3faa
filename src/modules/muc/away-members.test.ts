/** Members who are not in a room are woken up for what is said there (XEP-0357) */
import { beforeEach, expect, it } from 'vitest';
import { Iq, type Stanza } from '#core';
import disco from '#modules/disco';
import muc from '#modules/muc';
import presence from '#modules/presence';
import push from '#modules/push-notifications';
import roster from '#modules/roster';
import { configure, enter, open, ROOMS, say } from '../../../test/support/rooms.ts';
import { settled, type TestClient, TestHost } from '../../../test/support/test-host.ts';

const NOTIFY = 'x-muc#roomconfig_notify_away';
const MEMBERS = { 'muc#roomconfig_membersonly': '1', 'muc#roomconfig_persistentroom': '1' };

let server: TestHost;
let service: TestClient;
let crone: TestClient;

beforeEach(async () => {
  const modules = [
    roster,
    presence,
    [push, { summary: ['message-count', 'last-message-sender'] }],
    disco,
    muc,
  ] as const;
  server = await TestHost.start(modules as never, ['crone', 'hag', 'hecate', 'push']);
  service = server.connect('push', 'service');
  crone = await server.logIn('crone', 'desktop');
  for (const name of ['hag', 'hecate']) await (await phone(name)).session.disconnected();
});

/** Somebody's phone, for which the push service is told. */
async function phone(name: string): Promise<TestClient> {
  const client = await server.logIn(name, 'phone');
  await client.ask(
    `<iq type='set' id='e'><enable xmlns='urn:xmpp:push:0' jid='push@example.com/service' node='${name}'/></iq>`,
  );
  return client;
}

async function makeMembers(room: string, ...names: string[]): Promise<void> {
  for (const name of names) {
    crone.send(
      `<iq type='set' id='m' to='${room}@${ROOMS}'><query xmlns='http://jabber.org/protocol/muc#admin'><item affiliation='member' jid='${name}@example.com'/></query></iq>`,
    );
    await settled();
  }
  await answer();
}

/** Who is woken up, by the node; the service answers. */
async function answer(): Promise<string[]> {
  const asked = service.takeStanzas().filter((stanza: Stanza): stanza is Iq => stanza instanceof Iq);
  for (const request of asked)
    service.send(
      request
        .result()
        .toString('jabber:client')
        .replace(/ from="[^"]*"/, ''),
    );
  await settled();
  return asked.map((request) => {
    const publish = request.payload?.child('publish');
    const form = publish?.child('item')?.child('notification', 'urn:xmpp:push:0')?.child('x', 'jabber:x:data');
    const [, count, sender] = form?.elements('field').map((field) => field.childText('value')) ?? [];
    return `${publish?.attr('node')} ${count} ${sender}`;
  });
}

async function said(...bodies: string[]): Promise<string[]> {
  say(crone, 'coven', ...bodies);
  await settled();
  return answer();
}

it('who is away is told, who is in the room or awake is not, where the owner wants it', async () => {
  await open(crone, 'coven', 'first', MEMBERS);
  await makeMembers('coven', 'hag', 'hecate');
  expect(await said('Round about the cauldron go')).toEqual([]);
  await configure(crone, 'coven', { [NOTIFY]: '1' });
  expect((await said('In the poisoned entrails throw')).sort()).toEqual([
    `hag 1 coven@${ROOMS}/first`,
    `hecate 1 coven@${ROOMS}/first`,
  ]);
  // In the room, if only at a desktop, and at the phone, if not in the room.
  await enter(await server.logIn('hag', 'desktop'), 'coven', 'third');
  const awake = await phone('hecate');
  expect(await said('Toad')).toEqual([]);
  awake.session.disconnected();
  expect(await said('that under cold stone')).toEqual([`hecate 1 coven@${ROOMS}/first`]);
});

it('what is no news is not told, and nobody who is no member any more', async () => {
  await open(crone, 'coven', 'first', { ...MEMBERS, [NOTIFY]: '1' });
  await makeMembers('coven', 'hag');
  for (const inside of [
    "<composing xmlns='http://jabber.org/protocol/chatstates'/>",
    '<subject>Fire burn</subject>',
    "<body>x</body><no-store xmlns='urn:xmpp:hints'/>",
  ]) {
    crone.send(`<message type='groupchat' to='coven@${ROOMS}'>${inside}</message>`);
    await settled();
    expect(await answer()).toEqual([]);
  }
  crone.send(
    `<iq type='set' id='m' to='coven@${ROOMS}'><query xmlns='http://jabber.org/protocol/muc#admin'><item affiliation='outcast' jid='hag@example.com'/></query></iq>`,
  );
  await settled();
  expect(await said('Double, double')).toEqual([]);
});

it('the members of a group are told by default, of a burst together', async () => {
  crone.send(
    `<iq type='set' id='g' to='${ROOMS}'><group xmlns='urn:x-tharsis:groups' name='Witches'><member jid='hag@example.com'/><member jid='stranger@example.net'/></group></iq>`,
  );
  await settled();
  const made = crone.takeStanzas().find(({ id }) => id === 'g') as Iq;
  const room = (made.payload?.attr('jid') ?? '').split('@')[0] ?? '';
  await answer();
  await enter(crone, room, 'first');
  say(crone, room, 'one', 'two', 'three');
  await settled();
  // The first by itself, and what came while members were being told.
  const counts: number[] = [];
  for (let told = await answer(); told.length > 0; told = await answer()) {
    counts.push(...told.map((text) => Number(text.split(' ')[1])));
  }
  expect(counts.reduce((sum, count) => sum + count)).toBe(2);
});
