import { expect, it } from 'vitest';
import { type BodyInit, Command } from '#protocol/mars';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { ScriptedMarsServer } from '../../test/support/scripted-mars-server.ts';
import { Router } from './router.ts';

/** A server that lets a router in, and its users, each of whom is told something in the packet of the answer. */
async function party() {
  const server = new ScriptedMarsServer();
  server.onConnection = (connection) => {
    connection.onRequest = (request) => {
      const { uid, payload } = request.body;
      if (payload.case === 'hello') {
        return connection.answer(request, { payload: { case: 'welcome', value: { mechanisms: ['SCRAM-SHA-256'] } } });
      }
      if (payload.case === 'auth') {
        const step = { case: 'success', value: {} } as const;
        return connection.answer(request, { payload: { case: 'authResult', value: { step } } });
      }
      if (payload.case !== 'routerLogin') return connection.answer(request);
      const contacts: BodyInit = { uid, payload: { case: 'routerContacts', value: { jid: `${uid}@example.org/x` } } };
      connection.answerAndPush(request, contacts, [[Command.stanza, { uid, ...welcome }]]);
    };
  };
  const clock = Object.assign(new ManualClock(), { random: () => 0 });
  const options = { servers: ['tls://one.example:1'], domain: 'example.org', router: 'lobby', secret: 'secret', clock };
  const router = await Router.connect(options, server.platform);
  return { server, router };
}

const welcome: BodyInit = {
  id: 'w',
  from: 'news@example.org',
  payload: { case: 'message', value: { body: 'welcome' } },
};

it('what comes for a user in the packet that lets him in is told', async () => {
  const { server, router } = await party();
  const heard: unknown[] = [];
  router.on('message', (users, { body }) => heard.push([users.map(({ uid }) => uid), body]));
  const p1 = await router.enter('p1');
  expect([p1.jid, heard]).toEqual(['p1@example.org/x', [[['p1'], 'welcome']]]);
  const value = { uids: ['p1', 'p2'], body: { ...welcome, id: 'other' } };
  server.last.push(Command.multiPush, { payload: { case: 'multiPush', value: value as never } });
  // Once for each, and nothing for who is not there.
  server.last.push(Command.stanza, { uid: 'p1', ...welcome });
  expect(heard.slice(1)).toEqual([[['p1'], 'welcome']]);
  await router.close();
});

it('it acknowledges what it is asked about', async () => {
  const { server, router } = await party();
  server.last.push(Command.ackRequest, { smSeq: 7 });
  await router.request(Command.presence, { uid: 'p1' });
  const acknowledged = server.last.seen.filter(({ cmdid }) => cmdid === Command.ack);
  expect(acknowledged.map(({ body }) => [body.smAck, body.uid])).toEqual([[7, '']]);
  await router.close();
});
