/** Who is in a room, by pages */
import { beforeEach, expect, it } from 'vitest';
import type { Iq } from '#core';
import disco from '#modules/disco';
import muc from '#modules/muc';
import presence from '#modules/presence';
import roster from '#modules/roster';
import { conditions, enter, open, ROOMS } from '../../../test/support/rooms.ts';
import { settled, type TestClient, TestHost } from '../../../test/support/test-host.ts';

let server: TestHost;
let crone: TestClient;

beforeEach(async () => {
  server = await TestHost.start([roster, presence, disco, muc], ['crone', 'hag']);
  crone = server.connect('crone', 'desktop');
  await open(crone, 'coven', 'first');
});

async function ask(client: TestClient, set = ''): Promise<Iq> {
  client.take();
  const query = `<query xmlns='urn:x-tharsis:occupants'><set xmlns='http://jabber.org/protocol/rsm'>${set}</set></query>`;
  client.send(`<iq type='get' id='o' to='coven@${ROOMS}'>${query}</iq>`);
  await settled();
  return client.takeStanzas().find(({ id }) => id === 'o') as Iq;
}

const nicksIn = ({ payload }: Iq) =>
  payload?.elements('presence', 'jabber:client').map(({ attrs }) => attrs.from?.split('/')[1]);

it('tells who is there as presence does, and where the next page begins', async () => {
  for (const nick of ['second', 'third']) await enter(server.connect('hag', nick), 'coven', nick);
  const first = await ask(crone, '<max>2</max>');
  expect([nicksIn(first), first.payload?.attrs.complete]).toEqual([['first', 'second'], undefined]);
  expect(first.payload?.child('set', 'http://jabber.org/protocol/rsm')?.childText('last')).toBe('second');
  const rest = await ask(crone, '<max>2</max><after>second</after>');
  expect([nicksIn(rest), rest.payload?.attrs.complete]).toEqual([['third'], 'true']);
  expect(String(rest.payload)).toContain('jid="hag@example.com/third"');
});

it('tells neither real JIDs to those who do not see them, nor who is not shown', async () => {
  await open(crone, 'coven', 'first', { 'muc#roomconfig_presencebroadcast': 'moderator' });
  const [hag, other] = [server.connect('hag', 'pda'), server.connect('hag', 'laptop')];
  await enter(hag, 'coven', 'second');
  await enter(other, 'coven', 'third');
  const answer = await ask(hag);
  expect(nicksIn(answer)).toEqual(['first', 'second']);
  expect(String(answer.payload)).not.toContain('crone@example.com');
});

it.each([
  ['who is not there', '', 'not-acceptable'],
  ['backwards', '<before/>', 'feature-not-implemented'],
  ['by position', '<index>1</index>', 'feature-not-implemented'],
  ['after somebody who has left', '<after>nobody</after>', 'item-not-found'],
])('refuses to tell %s', async (who, set, condition) => {
  const client = who === 'who is not there' ? server.connect('hag', 'pda') : crone;
  expect(conditions([await ask(client, set)])).toEqual([condition]);
});
