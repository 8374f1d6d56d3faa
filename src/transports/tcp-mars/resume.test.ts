import { describe, expect, it } from 'vitest';
import { Jid } from '#core';
import { Command, IDENTIFY_SEQ } from '#protocol/mars';
import { chat, type LoggedIn, type MarsClient, resumeBody } from '../../../test/support/mars-client.ts';
import { type MarsServer, startMars } from '../../../test/support/mars-server.ts';

const juliets = Jid.parse('juliet@localhost');

async function online(mars: MarsServer, name: string, wantSession = true): Promise<[MarsClient, LoggedIn]> {
  const client = await mars.connect();
  const login = await client.comeOnline(name, { wantSession });
  client.take();
  return [client, login];
}

/** Cuts the connection, and resolves when the session waits. */
async function cut(mars: MarsServer, client: MarsClient): Promise<void> {
  const [session] = mars.server.host.sessions.of(juliets);
  const detached = new Promise<void>((resolve) => {
    mars.server.host.hooks.add('session:detached', 'observe', () => resolve());
  });
  client.destroy();
  await detached;
  expect(session?.detached).toBe(true);
}

it('a session goes on at another connection, and what was missed comes with its numbers', async () => {
  const mars = await startMars();
  const [juliet, login] = await online(mars, 'juliet');
  const [romeo] = await online(mars, 'romeo');
  await romeo.ask(Command.message, chat('juliet@localhost', 'one'));
  const { smSeq } = await juliet.stanza('one');
  await romeo.ask(Command.message, chat('juliet@localhost', 'two'));
  await juliet.stanza('two');
  await cut(mars, juliet);
  await romeo.ask(Command.message, chat('juliet@localhost', 'three'));

  const back = await mars.connect();
  back.send(Command.resume, resumeBody(login, smSeq), IDENTIFY_SEQ);
  const answer = await back.next();
  expect(answer).toMatchObject({
    cmdid: Command.resume,
    seq: IDENTIFY_SEQ,
    body: {
      payload: { case: 'resumed', value: { jid: 'juliet@localhost/game', missed: 2, tokenTtlS: 300 } },
    },
  });
  const [second, third, done] = [await back.next(), await back.next(), await back.next()];
  expect(second.body).toMatchObject({ smSeq: smSeq + 1, payload: { value: { body: 'two' } } });
  expect(third.body).toMatchObject({ smSeq: smSeq + 2, payload: { value: { body: 'three' } } });
  expect(done).toMatchObject({ cmdid: Command.replayDone, seq: 0, body: { smAck: answer.body.smAck } });
  await romeo.ask(Command.message, chat('juliet@localhost', 'four'));
  expect(await back.push()).toMatchObject({ smSeq: smSeq + 3 });
});

it('a message that is sent again after a lost connection is delivered once', async () => {
  const mars = await startMars();
  const [juliet, login] = await online(mars, 'juliet');
  const [romeo] = await online(mars, 'romeo');
  const first = await juliet.ask(Command.message, chat('romeo@localhost', 'once', 'm1'));
  await cut(mars, juliet);
  const back = await mars.connect();
  await back.ask(Command.resume, resumeBody(login));
  const second = await back.ask(Command.message, chat('romeo@localhost', 'once', 'm1'));
  expect(second).toMatchObject({
    stanzaId: first.stanzaId,
    stamp: first.stamp,
    payload: { case: 'messageResult', value: { duplicate: true } },
  });
  await back.ask(Command.message, chat('romeo@localhost', 'twice', 'm2'));
  await romeo.stanza('once');
  expect(await romeo.push()).toMatchObject({ id: 'm2' });
});

it('only the latest ids are known', async () => {
  const mars = await startMars({}, { remembered_messages: 1 });
  const [juliet] = await online(mars, 'juliet');
  for (const id of ['m1', 'm2']) await juliet.ask(Command.message, chat('romeo@localhost', id));
  const again = async (id: string) => (await juliet.ask(Command.message, chat('romeo@localhost', id))).payload.value;
  expect(await again('m2')).toMatchObject({ duplicate: true });
  expect(await again('m1')).toMatchObject({ duplicate: false });
});

it('the connection that is still there is closed', async () => {
  const mars = await startMars();
  const [juliet, login] = await online(mars, 'juliet');
  const back = await mars.connect();
  expect((await back.ask(Command.resume, resumeBody(login))).error).toBeUndefined();
  expect(await juliet.push(Command.kick)).toMatchObject({ payload: { value: { reason: 'replaced' } } });
  await juliet.closed;
  await back.settled();
});

it('over WebSocket goes on what began over TCP', async () => {
  const mars = await startMars();
  const [juliet, login] = await online(mars, 'juliet');
  await cut(mars, juliet);
  const back = await mars.connectWebSocket();
  expect((await back.ask(Command.resume, resumeBody(login))).payload.case).toBe('resumed');
});

it('with encryption the token is inside of the handshake', async () => {
  const mars = await startMars();
  const [juliet, login] = await online(mars, 'juliet');
  await cut(mars, juliet);
  const back = await mars.connect();
  const seq = back.sendFirst(mars.publicKey, Command.resume, resumeBody(login));
  expect((await back.next((frame) => frame.seq === seq)).body.payload.case).toBe('resumed');
  await back.push(Command.replayDone);
  await back.settled();
});

describe('what is refused', () => {
  it('a session whose time is over, with the number of stanzas that were handled', async () => {
    const mars = await startMars();
    const [juliet, login] = await online(mars, 'juliet');
    await juliet.ask(Command.message, chat('romeo@localhost', 'x'));
    await cut(mars, juliet);
    mars.clock.advance(302_000);
    const back = await mars.connect();
    const { error, smAck } = await back.ask(Command.resume, resumeBody(login));
    expect(error).toMatchObject({ condition: 'item-not-found' });
    expect(smAck).toBe(3);
  });

  it('a session that was logged out', async () => {
    const mars = await startMars();
    const [juliet, login] = await online(mars, 'juliet');
    await juliet.ask(Command.logout);
    await juliet.closed;
    const back = await mars.connect();
    expect((await back.ask(Command.resume, resumeBody(login))).error).toMatchObject({ condition: 'item-not-found' });
  });

  it('a number of stanzas that were not sent; the token stays good', async () => {
    const mars = await startMars();
    const [juliet, login] = await online(mars, 'juliet');
    await cut(mars, juliet);
    const back = await mars.connect();
    expect((await back.ask(Command.resume, resumeBody(login, 1_000))).error).toMatchObject({
      condition: 'bad-request',
    });
    expect((await back.ask(Command.resume, resumeBody(login))).error).toBeUndefined();
  });

  it('another version of the protocol', async () => {
    const mars = await startMars();
    const [, login] = await online(mars, 'juliet');
    const back = await mars.connect();
    const { error } = await back.ask(Command.resume, {
      payload: { case: 'resume', value: { ...login, protoVersion: 7 } as never },
    });
    expect(error).toMatchObject({ condition: 'feature-not-implemented' });
    await back.closed;
  });

  it('a login without a session that can go on gets no token', async () => {
    const mars = await startMars();
    const [, login] = await online(mars, 'juliet', false);
    expect(login).toMatchObject({ sessionId: '', resumeToken: '' });
    const none = await startMars({}, { resume_seconds: 0 });
    const [, other] = await online(none, 'juliet', true);
    expect(other).toMatchObject({ sessionId: '', resumeToken: '' });
  });
});

describe('acknowledgements', () => {
  it('are asked for by 1104 with the latest number, and may come with any command', async () => {
    const mars = await startMars({}, { ask_after_stanzas: 2 });
    const [juliet] = await online(mars, 'juliet');
    const [romeo] = await online(mars, 'romeo');
    const [session] = mars.server.host.sessions.of(juliets);
    for (const text of ['one', 'two', 'three']) await romeo.ask(Command.message, chat('juliet@localhost', text));
    const { smSeq } = await juliet.stanza('three');
    await juliet.push(Command.ackRequest);
    await juliet.ask(Command.ack, { smAck: smSeq });
    expect(session?.management?.unacknowledged.length).toBe(0);
    await romeo.ask(Command.message, chat('juliet@localhost', 'four'));
    const body = await juliet.stanza('four');
    await juliet.ask(Command.presence, { smAck: body.smSeq });
    expect(session?.management?.unacknowledged.acknowledged).toBe(body.smSeq);
  });

  it('of what was not sent are refused', async () => {
    const mars = await startMars();
    const [juliet] = await online(mars, 'juliet');
    expect((await juliet.ask(Command.ack, { smAck: 1_000 })).error).toMatchObject({ condition: 'bad-request' });
  });

  it('answers to requests are not counted', async () => {
    const mars = await startMars();
    const [juliet] = await online(mars, 'juliet');
    const [session] = mars.server.host.sessions.of(juliets);
    const before = session?.management?.unacknowledged.sent;
    await juliet.settled();
    expect(session?.management?.unacknowledged.sent).toBe(before);
  });

  it('who owes too many loses the session, and the messages go elsewhere', async () => {
    const mars = await startMars({}, { max_unacked_stanzas: 3 });
    const [juliet] = await online(mars, 'juliet');
    const [romeo] = await online(mars, 'romeo');
    for (const text of ['1', '2', '3', '4']) await romeo.ask(Command.message, chat('juliet@localhost', `text ${text}`));
    await juliet.push(Command.streamError);
    await juliet.closed;
  });
});
