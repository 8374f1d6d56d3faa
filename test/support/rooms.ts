/** A client's view of chat rooms (XEP-0045) at conference.example.com */
import type { Element, Stanza } from '#core';
import { settled, type TestClient } from './test-host.ts';

export const ROOMS = 'conference.example.com';
const NS_MUC = 'http://jabber.org/protocol/muc';

/** Enters the room with that nickname, and takes what came. */
export async function enter(client: TestClient, room: string, nick: string, inside = ''): Promise<Stanza[]> {
  client.send(`<presence to='${room}@${ROOMS}/${nick}'><x xmlns='${NS_MUC}'>${inside}</x></presence>`);
  await settled();
  return client.takeStanzas();
}

/** Makes a room, configured with these fields. */
export async function open(client: TestClient, room: string, nick: string, fields: Record<string, string> = {}) {
  await enter(client, room, nick);
  await configure(client, room, fields);
  client.take();
}

/** The type of the answer: result or error. */
export async function configure(client: TestClient, room: string, fields: Record<string, string>): Promise<string> {
  const formType = `<field var='FORM_TYPE'><value>${NS_MUC}#roomconfig</value></field>`;
  const given = Object.entries(fields).map(([name, value]) => `<field var='${name}'><value>${value}</value></field>`);
  const form = `<x xmlns='jabber:x:data' type='submit'>${given.length === 0 ? '' : formType + given.join('')}</x>`;
  const xml = `<iq type='set' id='configure' to='${room}@${ROOMS}'><query xmlns='${NS_MUC}#owner'>${form}</query></iq>`;
  return (await answerTo(client, xml))?.attrs.type ?? '';
}

/** Changes the role of a nickname, or the affiliation of a JID; the answer. */
export function administer(client: TestClient, room: string, ...items: string[]): Promise<Element | undefined> {
  const query = `<query xmlns='${NS_MUC}#admin'>${items.join('')}</query>`;
  return answerTo(client, `<iq type='set' id='admin' to='${room}@${ROOMS}'>${query}</iq>`);
}

export function say(client: TestClient, room: string, ...bodies: string[]): void {
  for (const body of bodies) {
    client.send(`<message type='groupchat' to='${room}@${ROOMS}'><body>${body}</body></message>`);
  }
}

/** The iq that answers; the rest of what came is dropped. */
async function answerTo(client: TestClient, xml: string): Promise<Element | undefined> {
  client.take();
  client.send(xml);
  await settled();
  return client.takeStanzas().find(({ kind }) => kind === 'iq');
}

/** `error` conditions, by the stanzas that carry them. */
export function conditions(stanzas: readonly Element[]): string[] {
  return stanzas.flatMap((stanza) => stanza.child('error')?.elements()[0]?.name ?? []);
}

export const bodiesOf = (stanzas: readonly Element[]) => stanzas.flatMap((stanza) => stanza.childText('body') ?? []);

/** Status codes in a stanza. */
export function codesOf(stanza: Element | undefined): string[] {
  const statuses = stanza?.child('x', `${NS_MUC}#user`)?.elements('status') ?? [];
  return statuses.map((status) => status.attrs.code ?? '');
}
