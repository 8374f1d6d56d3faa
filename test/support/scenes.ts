/** A client's view of scenes (docs/protocol/scene.md) at scene.example.com */
import type { Element, Stanza } from '#core';
import { settled, type TestClient } from './test-host.ts';

export const SCENES = 'scene.example.com';
const NS_SCENE = 'urn:tharsis:scene:0';

/** Enters at x and y, and takes what came. */
export async function enter(
  client: TestClient,
  scene: string,
  nick: string,
  x = 0,
  y = 0,
  attrs = '',
): Promise<Stanza[]> {
  const inside = `<enter xmlns='${NS_SCENE}' ${attrs}><position x='${x}' y='${y}'/></enter>`;
  client.send(`<presence id='enter' to='${scene}@${SCENES}/${nick}'>${inside}</presence>`);
  await settled();
  return client.takeStanzas();
}

export async function move(client: TestClient, scene: string, x: number, y = 0): Promise<Stanza[]> {
  client.send(
    `<message type='headline' to='${scene}@${SCENES}'><move xmlns='${NS_SCENE}' x='${x}' y='${y}'/></message>`,
  );
  await settled();
  return client.takeStanzas();
}

/** What the speaker gets: his own words or an error. */
export async function say(client: TestClient, scene: string, body: string, channel = 'say'): Promise<Stanza[]> {
  const talk = `<talk xmlns='${NS_SCENE}' channel='${channel}'/>`;
  client.send(`<message type='groupchat' to='${scene}@${SCENES}'><body>${body}</body>${talk}</message>`);
  await settled();
  return client.takeStanzas();
}

export async function act(client: TestClient, scene: string, kind: string, text = ''): Promise<Stanza[]> {
  client.send(
    `<iq type='set' id='act' to='${scene}@${SCENES}'><act xmlns='${NS_SCENE}' kind='${kind}'>${text}</act></iq>`,
  );
  await settled();
  return client.takeStanzas();
}

/** The type of the answer, or the condition of the error. */
export async function configure(
  client: TestClient,
  scene: string,
  fields: Record<string, string | string[]>,
): Promise<string> {
  const type = `<field var='FORM_TYPE'><value>${NS_SCENE}#config</value></field>`;
  const given = Object.entries(fields).map(
    ([name, values]) =>
      `<field var='scene#${name}'>${[values]
        .flat()
        .map((value) => `<value>${value}</value>`)
        .join('')}</field>`,
  );
  client.take();
  client.send(
    `<iq type='set' id='configure' to='${scene}@${SCENES}'><query xmlns='${NS_SCENE}#owner'>` +
      `<x xmlns='jabber:x:data' type='submit'>${type}${given.join('')}</x></query></iq>`,
  );
  await settled();
  const answer = client.takeStanzas().find(({ kind }) => kind === 'iq');
  return answer?.child('error')?.elements()[0]?.name ?? answer?.type ?? '';
}

/** What a client heard, saw and was told, in short. */
export function told(stanzas: readonly Stanza[]): string[] {
  return stanzas.map((stanza) => {
    const who = stanza.from?.resource ?? '';
    const error = stanza.child('error')?.elements()[0];
    if (error !== undefined) return `error ${error.name}`;
    const [moved, did, member] = ['move', 'act', 'member'].map((name) => stanza.child(name, NS_SCENE));
    if (moved !== undefined) return `${who} at ${place(moved)}`;
    if (did !== undefined) return `${who} does ${did.attrs.kind}`;
    if (stanza.kind === 'iq') return stanza.type;
    if (member === undefined) return `${who}: ${stanza.childText('body')}`;
    if (stanza.type === 'unavailable') return `${who} ${member.child('out-of-sight') ? 'out of sight' : 'gone'}`;
    return `${who} in sight at ${place(member.child('position'))}`;
  });
}

const place = (element: Element | undefined) => `${element?.attrs.x},${element?.attrs.y}`;
