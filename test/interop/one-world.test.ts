/** RFC 6121 §3-5 between an XMPP client over TCP, one over WebSocket, and a game client: it is one world */
import { expect, it } from 'vitest';
import { Jid } from '#core';
import { Command, Show } from '#protocol/mars';
import { elements, printXml, type XmlNode } from '../scenarios/runner/xml.ts';
import { chat, type MarsClient, resumeBody } from '../support/mars-client.ts';
import { type MarsServer, startMars } from '../support/mars-server.ts';
import { connectRaw, type RawClient, type RawTransport } from '../support/raw-client.ts';

const NAMES = ['juliet', 'romeo', 'tybalt'] as const;
const jidOf = (name: string): string => `${name}@localhost`;

async function xmpp(mars: MarsServer, transport: RawTransport, name: string): Promise<RawClient> {
  const client = await connectRaw(transport, mars.server);
  await client.logIn(name, 'secret', transport);
  client.send("<iq xmlns='jabber:client' type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>");
  client.send("<presence xmlns='jabber:client'/>");
  await client.ping();
  return client;
}

/** The next stanza from that bare JID with this name; those before are dropped. */
async function heard(client: RawClient, name: string, from: string, text: string): Promise<XmlNode> {
  for (;;) {
    const node = await client.find(name);
    if (node.attrs.from?.startsWith(jidOf(from)) && printXml(node).includes(text)) return node;
  }
}

async function pushed(client: MarsClient, from: string, text: string) {
  for (;;) {
    const body = await client.stanza(text);
    if (body.from.startsWith(jidOf(from))) return body;
  }
}

/** Everybody is subscribed to everybody. */
async function befriend(tcp: RawClient, ws: RawClient, game: MarsClient): Promise<void> {
  for (const type of ['subscribe', 'subscribed'] as const) {
    for (const [client, own] of [
      [tcp, 'juliet'],
      [ws, 'romeo'],
    ] as const) {
      for (const to of NAMES)
        if (to !== own) client.send(`<presence xmlns='jabber:client' type='${type}' to='${jidOf(to)}'/>`);
      await client.ping();
    }
    for (const to of ['juliet', 'romeo']) {
      const { error } = await game.ask(Command.presence, { to: jidOf(to), type });
      expect(error).toBeUndefined();
    }
    await tcp.ping();
    await ws.ping();
  }
}

it('contacts see and hear each other, whatever they speak', async () => {
  const mars = await startMars();
  const tcp = await xmpp(mars, 'tcp', 'juliet');
  const ws = await xmpp(mars, 'websocket', 'romeo');
  const game = await mars.connect();
  const login = await game.comeOnline('tybalt', { wantSession: true });
  await befriend(tcp, ws, game);
  for (const client of [tcp, ws]) await client.ping();
  await game.settled();
  game.take();

  // Presence, from each to the others
  tcp.send("<presence xmlns='jabber:client'><show>away</show><status>at the window</status></presence>");
  await heard(ws, 'presence', 'juliet', 'at the window');
  expect(await pushed(game, 'juliet', 'at the window')).toMatchObject({ payload: { value: { show: Show.AWAY } } });
  const value = { show: Show.DO_NOT_DISTURB, status: 'in a duel' };
  await game.ask(Command.presence, { payload: { case: 'presence', value } });
  expect(printXml(await heard(tcp, 'presence', 'tybalt', 'in a duel'))).toContain('dnd');
  await heard(ws, 'presence', 'tybalt', 'in a duel');

  // Chat, from each to the others
  for (const to of ['juliet', 'romeo']) await game.ask(Command.message, chat(jidOf(to), 'draw!', `m-${to}`));
  for (const client of [tcp, ws]) {
    const message = await heard(client, 'message', 'tybalt', 'draw!');
    expect(elements(message)[0]).toMatchObject({ name: 'body' });
  }
  for (const [client, name] of [
    [tcp, 'juliet'],
    [ws, 'romeo'],
  ] as const) {
    client.send(
      `<message xmlns='jabber:client' type='chat' id='x' to='${jidOf('tybalt')}'><body>peace</body></message>`,
    );
    expect(await pushed(game, name, 'peace')).toMatchObject({
      id: 'x',
      type: 'chat',
      payload: { value: { body: 'peace' } },
    });
  }

  // The link is cut: nobody sees it go, nothing is lost
  const { smSeq } = await lastPushed(game, tcp);
  const detached = new Promise<void>((resolve) => {
    mars.server.host.hooks.add('session:detached', 'observe', () => resolve());
  });
  game.destroy();
  await detached;
  for (const text of ['one', 'two', 'three']) {
    tcp.send(`<message xmlns='jabber:client' type='chat' to='${jidOf('tybalt')}'><body>${text}</body></message>`);
  }
  await tcp.ping();
  expect(await ws.ping()).toEqual([]);
  const back = await mars.connectWebSocket();
  const resumed = await back.ask(Command.resume, resumeBody(login, smSeq));
  expect(resumed.payload).toMatchObject({ case: 'resumed', value: { missed: 3 } });
  for (const text of ['one', 'two', 'three'])
    expect(await back.push()).toMatchObject({ payload: { value: { body: text } } });
  await back.push(Command.replayDone);
  expect(mars.server.host.sessions.of(Jid.parse(jidOf('tybalt')))).toHaveLength(1);

  // Its end is seen by all
  await back.ask(Command.logout);
  for (const client of [tcp, ws]) await heard(client, 'presence', 'tybalt', 'unavailable');
});

/** Everything that was pushed before this. */
async function lastPushed(game: MarsClient, tcp: RawClient) {
  tcp.send(`<message xmlns='jabber:client' type='chat' to='${jidOf('tybalt')}'><body>last</body></message>`);
  return pushed(game, 'juliet', 'last');
}
