/** XEP-0313 §6.1.2: the archives of rooms */
import { beforeEach, describe, expect, it } from 'vitest';
import { type Element, StanzaError } from '#core';
import disco from '#modules/disco';
import muc from '#modules/muc';
import presence from '#modules/presence';
import roster from '#modules/roster';
import { mam } from '../../../test/support/archive.ts';
import { administer, configure, enter, open, ROOMS, say } from '../../../test/support/rooms.ts';
import { settled, type TestClient, TestHost } from '../../../test/support/test-host.ts';

const COVEN = `coven@${ROOMS}`;
const NS_DATA = 'jabber:x:data';
let server: TestHost;
let crone: TestClient;
let hag: TestClient;
let hecate: TestClient;

beforeEach(async () => {
  server = await TestHost.start([roster, presence, disco, muc], ['crone', 'hag', 'hecate']);
  crone = await server.logIn('crone', 'desktop');
  hag = await server.logIn('hag', 'pda');
  hecate = await server.logIn('hecate', 'broom');
  await open(crone, 'coven', 'first');
  await enter(hag, 'coven', 'third');
});

interface Page {
  readonly results: readonly Element[];
  readonly messages: readonly Element[];
  readonly fin: Element | undefined;
}

async function query(client: TestClient, fields: Record<string, string> = {}, ...children: Element[]): Promise<Page> {
  client.take();
  const given = Object.entries(fields).map(([name, value]) => `<field var='${name}'><value>${value}</value></field>`);
  const type = "<field var='FORM_TYPE'><value>urn:xmpp:mam:2</value></field>";
  const form = given.length === 0 ? '' : `<x xmlns='${NS_DATA}' type='submit'>${type}${given.join('')}</x>`;
  client.send(
    `<iq type='set' id='q' to='${COVEN}'><query xmlns='urn:xmpp:mam:2' queryid='f'>${form}${children.join('')}</query></iq>`,
  );
  await settled();
  const stanzas = client.takeStanzas();
  const iq = stanzas.find(({ id, kind }) => kind === 'iq' && id === 'q');
  if (iq?.type === 'error') throw StanzaError.from(iq);
  const results = stanzas.flatMap((stanza) => stanza.child('result', 'urn:xmpp:mam:2') ?? []);
  const messages = results.flatMap(
    (result) => result.child('forwarded', 'urn:xmpp:forward:0')?.child('message', 'jabber:client') ?? [],
  );
  return { results, messages, fin: iq?.child('fin', 'urn:xmpp:mam:2') };
}

const bodies = ({ messages }: Page) => messages.map((message) => message.childText('body'));
const ids = ({ results }: Page) => results.map((result) => result.attrs.id ?? '');
const AFTER_SEQ = '{urn:x-tharsis:mam}after-seq';

describe('the archive of a room', () => {
  it('holds what was said once, in the order and with the ids the occupants saw', async () => {
    say(crone, 'coven', '1');
    say(hag, 'coven', '2');
    say(crone, 'coven', '3');
    const live = hag.takeStanzas().map((stanza) => stanza.child('stanza-id', 'urn:xmpp:sid:0')?.attrs);
    const page = await query(hag);
    expect(bodies(page)).toEqual(['1', '2', '3']);
    expect(live).toEqual(ids(page).map((id) => ({ by: COVEN, id })));
    expect(page.messages.map(({ attrs }) => [attrs.from, attrs.to, attrs.type])).toEqual([
      [`${COVEN}/first`, undefined, 'groupchat'],
      [`${COVEN}/third`, undefined, 'groupchat'],
      [`${COVEN}/first`, undefined, 'groupchat'],
    ]);
    expect(page.fin?.attrs.complete).toBe('true');
  });

  it('has subjects and lasting content, and neither chat states, private messages nor what shall not be stored', async () => {
    const send = (to: string, inside: string, type = 'groupchat') =>
      crone.send(`<message type='${type}' to='${to}'>${inside}</message>`);
    send(COVEN, '<subject>s</subject>');
    send(COVEN, "<reactions xmlns='urn:xmpp:reactions:0' id='x'/>");
    send(COVEN, "<active xmlns='http://jabber.org/protocol/chatstates'/>");
    send(COVEN, "<body>n</body><no-store xmlns='urn:xmpp:hints'/>");
    send(`${COVEN}/third`, '<body>p</body>', 'chat');
    const { messages } = await query(crone);
    expect(messages.map((message) => message.elements()[0]?.name)).toEqual(['subject', 'reactions']);
  });

  it('tells real JIDs to those who may know them', async () => {
    say(hag, 'coven', '1');
    const jidIn = ({ messages }: Page) =>
      messages[0]?.child('x', 'http://jabber.org/protocol/muc#user')?.child('item')?.attrs.jid;
    expect(jidIn(await query(crone))).toBe('hag@example.com/pda');
    expect(jidIn(await query(hag))).toBeUndefined();
    await configure(crone, 'coven', { 'muc#roomconfig_whois': 'anyone' });
    expect(jidIn(await query(hag))).toBe('hag@example.com/pda');
  });

  it('is searched by occupant JID, and by real JID where that is known', async () => {
    say(crone, 'coven', '1');
    say(hag, 'coven', '2');
    expect(bodies(await query(hag, { with: `${COVEN}/first` }))).toEqual(['1']);
    expect(bodies(await query(crone, { with: 'hag@example.com' }))).toEqual(['2']);
    expect(bodies(await query(crone, { with: 'hag@example.com/pda' }))).toEqual(['2']);
    expect(bodies(await query(crone, { with: 'hag@example.com/other' }))).toEqual([]);
    expect(bodies(await query(hag, { with: 'hag@example.com' }))).toEqual([]);
  });

  it('is paged by its ids, and knows no others', async () => {
    say(crone, 'coven', '1', '2', '3');
    const [first, , third] = ids(await query(hag));
    expect(bodies(await query(hag, { 'after-id': first ?? '' }))).toEqual(['2', '3']);
    expect(bodies(await query(hag, { 'before-id': third ?? '' }))).toEqual(['1', '2']);
    expect(bodies(await query(hag, { ids: third ?? '' }))).toEqual(['3']);
    await expect(query(hag, { 'after-id': '1' })).rejects.toMatchObject({ condition: 'item-not-found' });
    expect((await query(hag)).fin?.child('set', 'http://jabber.org/protocol/rsm')?.childText('first')).toBe(first);
  });

  it('answers with what came after a number, and tells the numbers', async () => {
    say(crone, 'coven', '1', '2', '3');
    const page = await query(hag, { [AFTER_SEQ]: '1' });
    expect(bodies(page)).toEqual(['2', '3']);
    expect(page.results.map((result) => result.childNs('urn:x-tharsis:mam')?.attrs.number)).toEqual(['2', '3']);
    expect(page.fin?.childNs('urn:x-tharsis:mam')?.attrs).toEqual({ first: '1', last: '3' });
    expect((await query(hag)).results[0]?.childNs('urn:x-tharsis:mam')).toBeUndefined();
  });

  it('says when it begins and ends', async () => {
    say(crone, 'coven', '1', '2');
    const expected = ids(await query(crone));
    const { payload } = await crone.request('get', mam('metadata'), COVEN);
    expect(payload?.elements().map((element) => element.attrs.id)).toEqual(expected);
  });

  it('ends with the room, and its numbers are not given again', async () => {
    say(crone, 'coven', '1');
    const [id] = ids(await query(crone));
    for (const client of [crone, hag]) client.send(`<presence type='unavailable' to='${COVEN}/x'/>`);
    await settled();
    await open(hag, 'coven', 'third');
    expect(bodies(await query(hag))).toEqual([]);
    say(hag, 'coven', '2');
    expect(ids(await query(hag))).not.toContain(id);
  });
});

describe('who may read it', () => {
  it('is inside, or has an affiliation', async () => {
    await expect(query(hecate)).rejects.toMatchObject({ condition: 'forbidden' });
    await administer(crone, 'coven', "<item affiliation='member' jid='hecate@example.com'/>");
    expect(bodies(await query(hecate))).toEqual([]);
  });

  it('is everybody who could enter, where it is public', async () => {
    await configure(crone, 'coven', { 'muc#roomconfig_enablelogging': '1' });
    expect(bodies(await query(hecate))).toEqual([]);
    await administer(crone, 'coven', "<item affiliation='outcast' jid='hecate@example.com'/>");
    await expect(query(hecate)).rejects.toMatchObject({ condition: 'forbidden' });
  });

  it('is a member where only members enter', async () => {
    await configure(crone, 'coven', { 'muc#roomconfig_enablelogging': '1', 'muc#roomconfig_membersonly': '1' });
    await expect(query(hecate)).rejects.toMatchObject({ condition: 'forbidden' });
    await expect(query(hag)).rejects.toMatchObject({ condition: 'forbidden' });
    expect(bodies(await query(crone))).toEqual([]);
  });
});
