/** What users of big rooms miss in XEP-0045, beyond what the scenarios say: limits, and what is kept */
import { beforeEach, describe, expect, it } from 'vitest';
import { createMemoryStorage, type Element, parseStored } from '#core';
import disco from '#modules/disco';
import muc from '#modules/muc';
import presence from '#modules/presence';
import roster from '#modules/roster';
import { bodiesOf, conditions, enter, open, ROOMS, say } from '../../../test/support/rooms.ts';
import { settled, type TestClient, TestHost } from '../../../test/support/test-host.ts';

const COVEN = `coven@${ROOMS}`;
const HATS = 'urn:xmpp:hats:commands';
const PNG = 'iVBORw0KGgo=';
const LIMITS = { max_hats: 2, max_vcard_bytes: 1_024, search_rooms: 3, max_affiliations: 3 };
let storage = createMemoryStorage();
let server: TestHost;
let crone: TestClient;
let hag: TestClient;

/** Once more, with what is stored. */
async function start(accounts: readonly string[] = []): Promise<void> {
  const modules: Parameters<typeof TestHost.start>[0] = [roster, presence, disco, [muc, LIMITS]];
  const stores = (name: string) => storage.stores(name);
  server = await TestHost.start(modules, accounts, 'example.com', stores('example.com'), stores);
  crone = await server.logIn('crone', 'desktop');
  hag = await server.logIn('hag', 'pda');
}

beforeEach(async () => {
  storage = createMemoryStorage();
  await start(['crone', 'hag']);
  await open(crone, 'coven', 'first', { 'muc#roomconfig_persistentroom': '1' });
});

async function ask(client: TestClient, type: string, payload: string, to = COVEN): Promise<Element> {
  client.take();
  client.send(`<iq type='${type}' id='ask' to='${to}'>${payload}</iq>`);
  await settled();
  const answer = client.takeStanzas().find(({ id }) => id === 'ask');
  if (answer === undefined) throw new Error('no answer');
  return answer;
}

/** Of an error its condition, else `result`. */
async function outcome(...request: Parameters<typeof ask>): Promise<string> {
  const answer = await ask(...request);
  return conditions([answer])[0] ?? 'result';
}

function command(node: string, fields: Record<string, string>): string {
  const given = Object.entries({ FORM_TYPE: HATS, ...fields })
    .map(([name, value]) => `<field var='${name}'><value>${value}</value></field>`)
    .join('');
  const form = `<x xmlns='jabber:x:data' type='submit'>${given}</x>`;
  return `<command xmlns='http://jabber.org/protocol/commands' node='${HATS}:${node}'>${form}</command>`;
}

const makeHat = (uri: string, more: Record<string, string> = {}) =>
  outcome(crone, 'set', command('create', { 'hats#uri': uri, 'hats#title': 'Hat', ...more }));
const hatsOf = (stanzas: readonly Element[]) =>
  stanzas
    .flatMap((stanza) => stanza.child('hats', 'urn:xmpp:hats:0')?.elements('hat') ?? [])
    .map(({ attrs }) => attrs.title);

describe('hats', () => {
  it('are as many as the service allows, and one that is made again is changed', async () => {
    expect(await makeHat('urn:a')).toBe('result');
    expect(await makeHat('urn:b')).toBe('result');
    expect(await makeHat('urn:c')).toBe('resource-constraint');
    expect(await makeHat('urn:b', { 'hats#title': 'Other' })).toBe('result');
  });

  it('are listed to those who may enter', async () => {
    const list = () => outcome(hag, 'set', command('list', {}));
    expect(await list()).toBe('result');
    const form = "<field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#roomconfig</value></field>";
    const members = "<field var='muc#roomconfig_membersonly'><value>1</value></field>";
    const x = `<x xmlns='jabber:x:data' type='submit'>${form}${members}</x>`;
    await outcome(crone, 'set', `<query xmlns='http://jabber.org/protocol/muc#owner'>${x}</query>`);
    expect(await list()).toBe('forbidden');
  });

  it.each(['red', '-1', '360.5', '1e2'])('have no hue %s', async (hue) => {
    expect(await makeHat('urn:a', { 'hats#hue': hue })).toBe('not-acceptable');
  });

  it('are worn again after a restart, and by nobody once they are destroyed', async () => {
    await makeHat('urn:a');
    await outcome(crone, 'set', command('assign', { 'hats#uri': 'urn:a', 'hats#jid': 'hag@example.com/pda' }));
    await start();
    await enter(crone, 'coven', 'first');
    expect(hatsOf(await enter(hag, 'coven', 'third'))).toEqual(['Hat']);
    await outcome(crone, 'set', command('destroy', { 'hats#uri': 'urn:a' }));
    expect(hatsOf(hag.takeStanzas())).toEqual([]);
    const list = await ask(crone, 'set', command('list-assigned', {}));
    expect(String(list)).not.toContain('hag@');
  });

  it('are worn by no more users than have to do with a room', async () => {
    await makeHat('urn:a');
    const give = (name: string) =>
      outcome(crone, 'set', command('assign', { 'hats#uri': 'urn:a', 'hats#jid': `${name}@example.com` }));
    for (const name of ['a', 'b', 'c']) expect(await give(name)).toBe('result');
    expect(await give('d')).toBe('resource-constraint');
    expect(await give('a')).toBe('result');
  });
});

describe('the avatar of a room', () => {
  const vcard = (picture: string) =>
    `<vCard xmlns='vcard-temp'><PHOTO><TYPE>image/png</TYPE><BINVAL>${picture}</BINVAL></PHOTO></vCard>`;

  it('is there after a restart, and gone with the room', async () => {
    expect(await outcome(crone, 'set', vcard(PNG))).toBe('result');
    await start();
    expect(String(await ask(hag, 'get', "<vCard xmlns='vcard-temp'/>"))).toContain(PNG);
    expect(String(await ask(hag, 'get', "<query xmlns='http://jabber.org/protocol/disco#info'/>"))).toContain(
      'roominfo_avatarhash',
    );
    await outcome(crone, 'set', "<query xmlns='http://jabber.org/protocol/muc#owner'><destroy/></query>");
    await open(crone, 'coven', 'first');
    expect(await outcome(hag, 'get', "<vCard xmlns='vcard-temp'/>")).toBe('item-not-found');
  });

  it('is as large as the service allows', async () => {
    const empty = Buffer.byteLength(parseStored(vcard('A')).toString()) - 1;
    expect(await outcome(crone, 'set', vcard('A'.repeat(1_024 - empty)))).toBe('result');
    expect(await outcome(crone, 'set', vcard('A'.repeat(1_025 - empty)))).toBe('not-acceptable');
  });
});

describe('what was taken back', () => {
  it('is not read after a restart either', async () => {
    await enter(hag, 'coven', 'third');
    say(hag, 'coven', 'one', 'two');
    await settled();
    const [one] = hag.takeStanzas();
    const id = one?.child('stanza-id', 'urn:xmpp:sid:0')?.attrs.id;
    hag.send(
      `<message type='groupchat' id='r' to='${COVEN}'><retract xmlns='urn:xmpp:message-retract:1' id='${id}'/></message>`,
    );
    await settled();
    await start();
    expect(bodiesOf(await enter(hag, 'coven', 'third'))).toEqual(['two']);
    hag.send(`<iq type='set' id='q' to='${COVEN}'><query xmlns='urn:xmpp:mam:2'/></iq>`);
    await settled();
    const results = hag.takeStanzas().join('');
    expect(results).not.toContain('one');
    expect(results).toContain('<retracted xmlns="urn:xmpp:message-retract:1" id="r"');
  });
});

describe('a search', () => {
  const search = async (q: string, key: string, set = '') => {
    const fields = Object.entries({
      FORM_TYPE: 'urn:xmpp:channel-search:0:search-params',
      q,
      key: `{urn:xmpp:channel-search:0:order}${key}`,
    });
    const form = fields.map(([name, value]) => `<field var='${name}'><value>${value}</value></field>`).join('');
    const payload = `<search xmlns='urn:xmpp:channel-search:0:search'>${set}<x xmlns='jabber:x:data' type='submit'>${form}</x></search>`;
    const answer = await ask(hag, 'get', payload, ROOMS);
    return answer
      .elements()[0]
      ?.elements('item')
      .map(({ attrs }) => attrs.address?.split('@')[0]);
  };
  const rsm = (what: string) => `<set xmlns='http://jabber.org/protocol/rsm'>${what}</set>`;

  beforeEach(async () => {
    for (const name of ['aa', 'bb', 'zz'])
      await open(crone, name, 'first', { 'muc#roomconfig_roomdesc': 'Witches all' });
    await enter(hag, 'bb', 'third');
  });

  it('orders rooms by address or by the number of users, and looks at so many only', async () => {
    expect(await search('witches', 'address')).toEqual(['aa', 'bb']);
    expect(await search('witches', 'nusers')).toEqual(['bb', 'aa']);
    expect(await search('witches none', 'nusers')).toEqual([]);
  });

  it('is for rooms with so many users, and for nothing else', async () => {
    const fields = (more: string) =>
      `<search xmlns='urn:xmpp:channel-search:0:search'><x xmlns='jabber:x:data' type='submit'>
      <field var='FORM_TYPE'><value>urn:xmpp:channel-search:0:search-params</value></field>
      <field var='q'><value>witches</value></field>${more}</x></search>`;
    const found = async (more: string) => String(await ask(hag, 'get', fields(more), ROOMS)).match(/address="\w+/g);
    expect(await found("<field var='min_users'><value>2</value></field>")).toEqual(['address="bb']);
    expect(await found("<field var='types'><value>xep-0369</value></field>")).toBeNull();
  });

  it('is understood as converse.js writes it', async () => {
    const muclumbus = 'https://xmlns.zombofant.net/muclumbus/search/1.0';
    const form = `<field var='FORM_TYPE'><value>${muclumbus}#params</value></field><field var='q'><value>bb</value></field>
      <field var='sinaddr'><value>true</value></field><field var='key'><value>address</value></field>`;
    const payload = `<search xmlns='${muclumbus}'><x xmlns='jabber:x:data' type='submit'>${form}</x></search>`;
    const answer = await ask(hag, 'get', payload, ROOMS);
    const items = answer.child('result', muclumbus)?.elements('item');
    expect(items?.map(({ attrs }) => attrs.address)).toEqual([`bb@${ROOMS}`]);
  });

  it('is answered in pages', async () => {
    expect(await search('witches', 'address', rsm('<max>1</max>'))).toEqual(['aa']);
    expect(await search('witches', 'address', rsm(`<max>1</max><after>aa@${ROOMS}</after>`))).toEqual(['bb']);
    expect(await search('witches', 'address', rsm('<max>1</max><before/>'))).toEqual(['bb']);
    expect(await search('witches', 'address', rsm(`<max>5</max><before>bb@${ROOMS}</before>`))).toEqual(['aa']);
  });
});
