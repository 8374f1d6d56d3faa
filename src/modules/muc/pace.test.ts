/** Slow mode and timed mute: what the clock has to do with voice */
import { beforeEach, describe, expect, it } from 'vitest';
import disco from '#modules/disco';
import muc from '#modules/muc';
import presence from '#modules/presence';
import roster from '#modules/roster';
import { administer, bodiesOf, conditions, configure, enter, open, ROOMS, say } from '../../../test/support/rooms.ts';
import { settled, type TestClient, TestHost } from '../../../test/support/test-host.ts';

const SLOW = 'muc#roomconfig_slow_mode_duration';
const MUTE = 'muc#roomconfig_mute_duration';
let server: TestHost;
let crone: TestClient;
let hag: TestClient;

async function start(fields: Record<string, string>): Promise<void> {
  server = await TestHost.start([roster, presence, disco, muc], ['crone', 'hag']);
  crone = await server.logIn('crone', 'desktop');
  hag = await server.logIn('hag', 'pda');
  await open(crone, 'coven', 'first', { 'muc#roomconfig_persistentroom': '1', ...fields });
  await enter(hag, 'coven', 'third');
  crone.take();
}

/** What hag is answered: the body or the error condition. */
async function speak(body: string): Promise<string[]> {
  hag.take();
  say(hag, 'coven', body);
  await settled();
  const stanzas = hag.takeStanzas();
  return [...bodiesOf(stanzas.filter(({ type }) => type === 'groupchat')), ...conditions(stanzas)];
}

describe('in a slow room', () => {
  beforeEach(() => start({ [SLOW]: '20' }));

  it('a user waits as long as the owner said, to the millisecond', async () => {
    expect(await speak('one')).toEqual(['one']);
    server.clock.advance(19_999);
    expect(await speak('two')).toEqual(['policy-violation']);
    server.clock.advance(1);
    expect(await speak('three')).toEqual(['three']);
  });

  it('what was refused does not count', async () => {
    await speak('one');
    server.clock.advance(10_000);
    await speak('two');
    server.clock.advance(10_000);
    expect(await speak('three')).toEqual(['three']);
  });

  it('all clients and nicknames of a user are one', async () => {
    await speak('one');
    const other = await server.logIn('hag', 'tower');
    await enter(other, 'coven', 'other');
    say(other, 'coven', 'two');
    await settled();
    expect(conditions(other.takeStanzas())).toEqual(['policy-violation']);
  });

  it('admins do not wait, and nobody does when it is fast again', async () => {
    say(crone, 'coven', 'one', 'two');
    await settled();
    expect(bodiesOf(crone.takeStanzas())).toEqual(['one', 'two']);
    await speak('three');
    await configure(crone, 'coven', { [SLOW]: '0' });
    expect(await speak('four')).toEqual(['four']);
  });

  it.each(['-1', '604801', '1.5', 'long'])('a duration of %s is refused', async (value) => {
    expect(await configure(crone, 'coven', { [SLOW]: value })).toBe('error');
  });
});

describe('where mutes end', () => {
  const revoke = () => administer(crone, 'coven', "<item nick='third' role='visitor'/>");
  const rolesSeen = (client: TestClient) =>
    client
      .takeStanzas()
      .flatMap((stanza) => stanza.child('x', 'http://jabber.org/protocol/muc#user')?.child('item')?.attrs.role ?? []);

  beforeEach(() => start({ [MUTE]: '600' }));

  it('voice comes back by itself, and all see it', async () => {
    await revoke();
    expect(await speak('one')).toEqual(['forbidden']);
    crone.take();
    server.clock.advance(599_999);
    expect(rolesSeen(crone)).toEqual([]);
    server.clock.advance(1);
    expect(rolesSeen(crone)).toEqual(['participant']);
    expect(await speak('two')).toEqual(['two']);
  });

  it('a new visit is no way out, and no way to stay muted', async () => {
    await revoke();
    hag.send(`<presence type='unavailable' to='coven@${ROOMS}/third'/>`);
    await settled();
    await enter(hag, 'coven', 'third');
    expect(await speak('one')).toEqual(['forbidden']);
    hag.send(`<presence type='unavailable' to='coven@${ROOMS}/third'/>`);
    server.clock.advance(600_000);
    await settled();
    await enter(hag, 'coven', 'third');
    expect(await speak('two')).toEqual(['two']);
  });

  it('a second mute begins anew, and a moderator ends it before its time', async () => {
    await revoke();
    server.clock.advance(500_000);
    await administer(crone, 'coven', "<item nick='third' role='participant'/>");
    expect(await speak('one')).toEqual(['one']);
    await revoke();
    server.clock.advance(100_000);
    expect(await speak('two')).toEqual(['forbidden']);
    server.clock.advance(500_000);
    expect(await speak('three')).toEqual(['three']);
  });

  it('without a duration voice stays revoked', async () => {
    await configure(crone, 'coven', { [MUTE]: '0' });
    await revoke();
    server.clock.advance(604_800_000);
    expect(await speak('one')).toEqual(['forbidden']);
  });
});
