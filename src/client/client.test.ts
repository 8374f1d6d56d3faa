import { afterEach, describe, expect, it } from 'vitest';
import { type Body, type BodyInit, Command, type KeyPair } from '#protocol/mars';
import { nodePrimitives } from '#protocol/mars/node';
import { ManualClock } from '../../test/support/manual-clock.ts';
import {
  type ScriptedConnection,
  ScriptedMarsServer,
  type SeenRequest,
} from '../../test/support/scripted-mars-server.ts';
import { Client } from './client.ts';
import type { ClientOptions } from './options.ts';

const JID = 'alice@example.org/game';

/** What a server does that lets everybody in and takes everything. */
function friendly(connection: ScriptedConnection, sessions = new Map<string, string>()): void {
  let count = 0;
  connection.onRequest = (request) => {
    const { payload } = request.body;
    switch (payload.case) {
      case 'hello':
        return connection.answer(request, {
          payload: { case: 'welcome', value: { mechanisms: ['PLAIN'], nonce: 'n' } },
        });
      case 'auth': {
        const id = `session ${sessions.size + 1}`;
        sessions.set(id, 'token 1');
        const value = { jid: JID, sessionId: id, resumeToken: 'token 1', tokenTtlS: 300 };
        return connection.answer(request, {
          payload: { case: 'authResult', value: { step: { case: 'success', value } } },
        });
      }
      case 'resume': {
        const { sessionId, resumeToken } = payload.value;
        if (sessions.get(sessionId) !== resumeToken) {
          return connection.answer(request, { error: { type: 'cancel', condition: 'item-not-found' } });
        }
        const next = `${resumeToken}+`;
        sessions.set(sessionId, next);
        return connection.answer(request, {
          payload: { case: 'resumed', value: { jid: JID, missed: 0, resumeToken: next } },
        });
      }
      case 'message':
        count++;
        return connection.answer(request, {
          id: request.body.id,
          stamp: 1_000n,
          stanzaId: { id: String(count), by: 'alice@example.org' },
          payload: { case: 'messageResult', value: {} },
        });
    }
    connection.answer(request, { id: request.body.id });
  };
}

const clients: Client[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) void client.close();
});

interface Party {
  readonly client: Client;
  readonly server: ScriptedMarsServer;
  readonly clock: ManualClock;
  readonly events: unknown[][];
}

async function party(
  options: Partial<ClientOptions> = {},
  server = new ScriptedMarsServer(),
  beFriendly = true,
): Promise<Party> {
  const clock = Object.assign(new ManualClock(), { random: () => 0 });
  const sessions = new Map<string, string>();
  if (beFriendly) server.onConnection = (connection) => friendly(connection, sessions);
  const events: unknown[][] = [];
  const client = await Client.connect(
    {
      servers: ['tls://one.example:1'],
      domain: 'example.org',
      credentials: { username: 'alice', password: 'secret' },
      clock,
      ...options,
    },
    server.platform,
    (made) => {
      made.on('online', ({ missed }) => events.push(['online', missed]));
      made.on('offline', ({ message }, ms) => events.push(['offline', message, ms]));
      made.on('closed', (reason) => events.push(['closed', reason?.message]));
    },
  );
  clients.push(client);
  return { client, server, clock, events };
}

/** Until what has been asked is done, as far as it can be. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((done) => setImmediate(done));
}

const message = (smSeq: number, body: string, more: BodyInit = {}): [number, BodyInit] => [
  Command.stanza,
  { id: body, from: 'bob@example.org/x', smSeq, ...more, payload: { case: 'message', value: { body } } },
];

const commands = ({ seen }: ScriptedConnection) => seen.map(({ cmdid }) => cmdid);
const last = ({ seen }: ScriptedConnection): SeenRequest => {
  const request = seen.at(-1);
  if (request === undefined) throw new Error('nothing was asked');
  return request;
};

function heard(client: Client): string[] {
  const bodies: string[] = [];
  client.on('message', ({ body = '' }) => bodies.push(body));
  return bodies;
}

describe('connecting', () => {
  it('says hello to the domain, logs in, and knows its JID', async () => {
    const { client, server, events } = await party({ deviceId: 'd1', program: 'game 1' });
    expect(client.jid).toBe(JID);
    expect(events).toEqual([['online', undefined]]);
    expect(commands(server.last)).toEqual([Command.hello, Command.auth]);
    expect(server.last.seen[0]?.body).toMatchObject({
      to: 'example.org',
      payload: { value: { protoVersion: 1, deviceId: 'd1', client: 'game 1' } },
    });
  });

  it('tries the servers in turn', async () => {
    const server = new ScriptedMarsServer();
    server.refuses = (url) => !url.includes('three');
    await party({ servers: ['tls://one.example:1', 'tls://two.example:1', 'tls://three.example:1'] }, server);
    expect(server.last.url).toBe('tls://three.example:1');
  });

  it('says why no server lets it in', async () => {
    const server = new ScriptedMarsServer();
    server.refuses = () => true;
    const servers = ['tls://one.example:1', 'tls://two.example:1'];
    await expect(party({ servers }, server)).rejects.toThrow(/one\.example.*two\.example/);
  });

  it('does not try another server with a wrong password', async () => {
    const server = new ScriptedMarsServer();
    server.onConnection = (connection) => {
      friendly(connection);
      const { onRequest } = connection;
      connection.onRequest = (request) => {
        if (request.cmdid !== Command.auth) return onRequest(request);
        connection.answer(request, { error: { type: 'auth', condition: 'not-authorized' } });
      };
    };
    const servers = ['tls://one.example:1', 'tls://two.example:1'];
    await expect(party({ servers }, server, false)).rejects.toMatchObject({
      condition: 'not-authorized',
      type: 'auth',
    });
    expect(server.connections).toHaveLength(1);
  });

  it('does not say a password in the clear', async () => {
    const server = new ScriptedMarsServer({ isSecure: false });
    await expect(party({}, server)).rejects.toThrow('no way to log in');
    expect(commands(server.last)).toEqual([Command.hello]);
  });
});

describe('encryption', () => {
  const keys: KeyPair = nodePrimitives.generateKeyPair();

  it('of the handshake covers everything after the first message', async () => {
    const server = new ScriptedMarsServer({ keys, isSecure: false });
    const { client } = await party({ serverKey: keys.publicKey }, server);
    const bodies = heard(client);
    server.last.push(...message(1, 'hello'));
    expect(bodies).toEqual(['hello']);
    await client.sendMessage({ to: 'bob@example.org', body: 'hi' });
    expect(last(server.last).body).toMatchObject({ to: 'bob@example.org', payload: { value: { body: 'hi' } } });
  });

  it('is refused with a server that has another key', async () => {
    const server = new ScriptedMarsServer({ keys, isSecure: false });
    const { publicKey } = nodePrimitives.generateKeyPair();
    let refused: Error | undefined;
    server.onConnection = (connection) => {
      const { receive } = connection;
      connection.receive = (bytes) => {
        try {
          receive.call(connection, bytes);
        } catch (error) {
          // It cannot read the first message.
          refused = error as Error;
          connection.drop();
        }
      };
    };
    await expect(party({ serverKey: publicKey }, server, false)).rejects.toThrow('the connection was lost');
    expect(refused?.name).toBe('NoiseError');
  });

  it('is not done without, when a key was given', async () => {
    const server = new ScriptedMarsServer({ isSecure: false });
    server.onConnection = (connection) => {
      connection.onRequest = (request) => {
        connection.push(Command.redirect, {
          payload: { case: 'redirect', value: { endpoints: [{ host: 'evil.example', port: 1 }] } },
        });
        connection.answer(request, { error: { type: 'modify', condition: 'not-acceptable', text: 'speak plainly' } });
      };
    };
    await expect(party({ serverKey: keys.publicKey }, server, false)).rejects.toThrow('does not answer the handshake');
    expect(server.connections).toHaveLength(1);
  });
});

describe('requests', () => {
  it('are answered by sequence number, in any order', async () => {
    const { client, server } = await party();
    const waiting: SeenRequest[] = [];
    server.last.onRequest = (request) => waiting.push(request);
    const answers = Promise.all([client.request(Command.friends), client.request(Command.rpc)]);
    await settle();
    for (const request of waiting.reverse()) server.last.answer(request, { id: `answer to ${request.cmdid}` });
    expect((await answers).map(({ id }) => id)).toEqual(['answer to 1065', 'answer to 1040']);
  });

  it('are refused by an error, with what it says', async () => {
    const { client, server } = await party();
    server.last.onRequest = (request) =>
      server.last.answer(request, {
        error: { type: 'wait', condition: 'resource-constraint', text: 'slowly', retryAfterMs: 700, code: 7 },
      });
    await expect(client.sendMessage({ to: 'bob@example.org', body: 'hi' })).rejects.toMatchObject({
      name: 'RefusedError',
      condition: 'resource-constraint',
      retryAfterMs: 700,
      details: { code: 7 },
      message: 'resource-constraint: slowly',
    });
  });

  it('end when no answer comes in time', async () => {
    const { client, server, clock } = await party({ requestMs: 5_000 });
    server.last.onRequest = () => {};
    const answer = client.request(Command.friends);
    const failed = expect(answer).rejects.toMatchObject({ name: 'RequestTimeout' });
    await settle();
    clock.advance(4_999);
    await settle();
    clock.advance(1);
    await failed;
  });

  it('are sent again with the same id when the connection is lost before the answer', async () => {
    const { client, server, clock } = await party();
    server.last.onRequest = () => server.last.drop();
    const sent = client.sendMessage({ to: 'bob@example.org', body: 'hi' });
    await settle();
    const first = last(server.last).body;
    clock.advance(1_000);
    await settle();
    expect(await sent).toMatchObject({ id: first.id, stanzaId: '1', stamp: new Date(1_000), isDuplicate: false });
    expect(server.connections).toHaveLength(2);
    expect(last(server.last).body.id).toBe(first.id);
  });

  it('say in a new session nothing of the stanzas of the one before', async () => {
    const { client, server, clock } = await party();
    server.last.push(...message(1, 'one'));
    server.onConnection = (connection) => friendly(connection);
    server.last.onRequest = () => server.last.drop();
    const [begun, waiting] = [client.setPresence(), client.sendMessage({ to: 'bob@example.org', body: 'hi' })];
    await settle();
    expect(last(server.last).body.smAck).toBe(1);
    clock.advance(1_000);
    await settle();
    await Promise.all([begun, waiting]);
    expect(server.last.seen.slice(-2).map(({ body }) => body.smAck)).toEqual([undefined, undefined]);
  });

  it('wait for a connection, and not longer than they may', async () => {
    const { client, server, clock } = await party({ requestMs: 5_000 });
    server.refuses = () => true;
    server.last.drop();
    const failed = expect(client.request(Command.friends)).rejects.toMatchObject({ name: 'RequestTimeout' });
    await settle();
    clock.advance(5_000);
    await failed;
  });

  it('are not sent when the server would close the connection for their length', async () => {
    const server = new ScriptedMarsServer();
    server.onConnection = (connection) => {
      friendly(connection);
      const others = connection.onRequest;
      connection.onRequest = (request) => {
        if (request.cmdid !== Command.hello) return others(request);
        const value = { mechanisms: ['PLAIN'], nonce: 'n', limits: { maxFrame: 2_000 } };
        connection.answer(request, { payload: { case: 'welcome', value } });
      };
    };
    const { client } = await party({}, server, false);
    const body = 'x'.repeat(2_000);
    await expect(client.sendMessage({ to: 'bob@example.org', body })).rejects.toThrow(RangeError);
    expect(() => client.send(Command.message, { payload: { case: 'message', value: { body } } })).toThrow(RangeError);
    await client.sendMessage({ to: 'bob@example.org', body: 'hi' });
    expect(commands(server.last)).toEqual([Command.hello, Command.auth, Command.message]);
  });

  it('are not taken without end', async () => {
    const { client, server } = await party();
    server.last.onRequest = () => {};
    for (let count = 0; count < 1_000; count++) void client.request(Command.friends).catch(() => {});
    await expect(client.request(Command.friends)).rejects.toThrow('1000 requests are waiting');
  });
});

describe('stanzas', () => {
  it('come in order, also those in one segment with the answer to the login, and those of a batch', async () => {
    const server = new ScriptedMarsServer();
    const bodies: string[] = [];
    server.onConnection = (connection) => {
      friendly(connection);
      const { onRequest } = connection;
      connection.onRequest = (request) => {
        if (request.cmdid !== Command.auth) return onRequest(request);
        const batch = [message(2, 'two')[1], message(3, 'three')[1]];
        connection.answerAndPush(
          request,
          { payload: { case: 'authResult', value: { step: { case: 'success', value: { jid: JID } } } } },
          [message(1, 'one'), [Command.batch, { payload: { case: 'batch', value: { bodies: batch } } }]],
        );
      };
    };
    const { platform } = server;
    const options = { servers: ['tls://one.example:1'], domain: 'example.org' };
    const credentials = { username: 'alice', password: 'secret' };
    const client = await Client.connect({ ...options, credentials }, platform, (made) => {
      made.on('message', ({ body = '' }) => bodies.push(body));
    });
    clients.push(client);
    expect(bodies).toEqual(['one', 'two', 'three']);
  });

  it('are acknowledged when the server asks, after twenty, and with whatever is sent', async () => {
    const { client, server } = await party();
    server.last.push(...message(1, 'one'));
    server.last.push(Command.ackRequest, { smSeq: 1 });
    await settle();
    expect(last(server.last)).toMatchObject({ cmdid: Command.ack, body: { smAck: 1, noReply: true } });
    for (let seq = 2; seq <= 21; seq++) server.last.push(...message(seq, `m${seq}`));
    await settle();
    expect(last(server.last)).toMatchObject({ cmdid: Command.ack, body: { smAck: 21 } });
    server.last.push(...message(22, 'last'));
    await client.setPresence();
    expect(last(server.last)).toMatchObject({ cmdid: Command.presence, body: { smAck: 22 } });
  });

  it('that come again are told once: by number in a session, by id in another', async () => {
    const { client, server, clock } = await party();
    const bodies = heard(client);
    server.last.push(...message(1, 'one'));
    server.last.push(...message(1, 'one'));
    server.last.push(...message(2, 'two', { stanzaId: { id: '7', by: 'alice@example.org' } }));
    server.last.drop();
    clock.advance(1_000);
    await settle();
    server.last.push(...message(1, 'one'));
    server.last.push(...message(3, 'two', { stanzaId: { id: '7', by: 'alice@example.org' } }));
    server.last.push(...message(4, 'three'));
    expect(bodies).toEqual(['one', 'two', 'three']);
  });

  it('can be read with for await', async () => {
    const { client, server } = await party();
    const read: string[] = [];
    const reading = (async () => {
      for await (const [{ body = '' }, { from }] of client.each('message')) {
        read.push(`${from}: ${body}`);
        if (read.length === 2) return;
      }
    })();
    await settle();
    server.last.push(...message(1, 'one'));
    server.last.push(...message(2, 'two'));
    await reading;
    expect(read).toEqual(['bob@example.org/x: one', 'bob@example.org/x: two']);
  });

  it('are there for who reads them later', async () => {
    const { client, server } = await party();
    const messages = client.each('message');
    server.last.push(...message(1, 'one'));
    expect((await messages.next()).value?.[0].body).toBe('one');
  });

  it('that are too many for who reads them end where the first one is missing', async () => {
    const { client, server } = await party();
    const messages = client.each('message');
    for (let number = 1; number <= 1_001; number++) server.last.push(...message(number, `${number}`));
    const read: unknown[] = [];
    const reading = (async () => {
      for await (const [{ body }] of messages) {
        read.push(body);
        if (read.length === 1) server.last.push(...message(1_002, 'after the gap'));
      }
    })();
    await expect(reading).rejects.toThrow('more than 1000 events were not read');
    expect(read).toHaveLength(1_000);
  });

  it('end with the client for those who read them', async () => {
    const { client } = await party();
    const reading = (async () => {
      for await (const _ of client.each('message'));
      return 'ended';
    })();
    await settle();
    await client.close();
    expect(await reading).toBe('ended');
  });

  it('a refusal that nobody waits for is told', async () => {
    const { client, server } = await party();
    const told: unknown[] = [];
    client.on('refused', ({ condition }, command) => told.push([condition, command]));
    const { onRequest } = server.last;
    server.last.onRequest = (request) =>
      request.cmdid === Command.sceneMove
        ? server.last.answer(request, { error: { type: 'modify', condition: 'policy-violation' } })
        : onRequest(request);
    client.send(Command.sceneMove, { payload: { case: 'sceneMove', value: { scene: 'verona@scene.example.org' } } });
    client.send(Command.ack, { smAck: 0 });
    await settle();
    expect(told).toEqual([['policy-violation', Command.sceneMove]]);
  });

  it('that ask something are answered, and refused when nobody knows the question', async () => {
    const { client, server } = await party();
    client.answer('urn:example:dice', async ({ xml }) => ({
      ns: 'urn:example:dice',
      name: 'rolled',
      xml: `<!-- ${xml} -->`,
    }));
    const ask = async (ns: string): Promise<Body> => {
      server.last.push(Command.stanza, {
        id: `about ${ns}`,
        from: 'example.org',
        type: 'get',
        payload: { case: 'iq', value: { payload: { ns, name: 'q', xml: 'six' } } },
      });
      await settle();
      return last(server.last).body;
    };
    expect(await ask('urn:xmpp:ping')).toMatchObject({ id: 'about urn:xmpp:ping', to: 'example.org', type: 'result' });
    expect(await ask('urn:example:dice')).toMatchObject({
      type: 'result',
      payload: { case: 'iq', value: { payload: { name: 'rolled', xml: '<!-- six -->' } } },
    });
    expect(await ask('urn:example:other')).toMatchObject({
      type: 'error',
      error: { condition: 'service-unavailable' },
    });
  });

  it('bring the result of an IQ that was deferred', async () => {
    const { client, server } = await party();
    server.last.onRequest = (request) => {
      server.last.answer(request, { payload: { case: 'iq', value: { deferred: true } } });
    };
    const result = client.iq('get', { ns: 'urn:example:slow', name: 'q' }, 'slow.example.org');
    await settle();
    const { id } = last(server.last).body;
    const payload = { ns: 'urn:example:slow', name: 'a' };
    server.last.push(Command.stanza, { id, type: 'result', payload: { case: 'iq', value: { payload } } });
    expect(await result).toMatchObject(payload);
  });

  it('bring it also in the packet that says it is deferred', async () => {
    const { client, server, clock } = await party();
    const payload = { ns: 'urn:example:slow', name: 'a' };
    const error = { type: 'cancel', condition: 'item-not-found' };
    const results: BodyInit[] = [
      { type: 'result', payload: { case: 'iq', value: { payload } } },
      { type: 'error', error, payload: { case: 'iq', value: {} } },
    ];
    server.last.onRequest = (request) => {
      const result = { ...results.shift(), id: request.body.id } as BodyInit;
      const deferred: BodyInit = { payload: { case: 'iq', value: { deferred: true } } };
      server.last.answerAndPush(request, deferred, [[Command.stanza, result]]);
    };
    const ask = () => client.iq('get', { ns: 'urn:example:slow', name: 'q' }, 'slow.example.org');
    const asked = Promise.allSettled([ask(), ask()]);
    await settle();
    clock.advance(60_000);
    expect(await asked).toMatchObject([
      { status: 'fulfilled', value: payload },
      { status: 'rejected', reason: { condition: 'item-not-found' } },
    ]);
  });

  it('that never come are given up', async () => {
    const { client, server, clock } = await party();
    server.last.onRequest = (request) => {
      server.last.answer(request, { payload: { case: 'iq', value: { deferred: true } } });
    };
    const asked = Promise.allSettled([client.iq('get', { ns: 'urn:example:slow', name: 'q' })]);
    await settle();
    clock.advance(60_000);
    expect(await asked).toMatchObject([{ status: 'rejected', reason: { name: 'RequestTimeout' } }]);
  });
});

describe('when the connection is lost', () => {
  it('it comes back with the token of the session, and says what it has', async () => {
    const { client, server, clock, events } = await party();
    server.last.push(...message(1, 'one'));
    for (const token of ['token 1', 'token 1+']) {
      server.last.drop();
      clock.advance(1_000);
      await settle();
      expect(commands(server.last)).toEqual([Command.resume]);
      expect(last(server.last).body).toMatchObject({ smAck: 1, payload: { value: { resumeToken: token } } });
    }
    const bodies = heard(client);
    server.last.push(...message(2, 'two'));
    expect(bodies).toEqual(['two']);
    expect(events.map(([name]) => name)).toEqual(['online', 'offline', 'online', 'offline', 'online']);
  });

  it('it logs in again on the same connection when the session is gone', async () => {
    const { server, clock, events } = await party();
    server.onConnection = (connection) => friendly(connection, new Map());
    server.last.drop();
    clock.advance(1_000);
    await settle();
    expect(commands(server.last)).toEqual([Command.resume, Command.hello, Command.auth]);
    expect(events.at(-1)).toEqual(['online', undefined]);
  });

  it('it waits longer each time, at least half of it, and a minute at most', async () => {
    const { server, clock, events } = await party();
    server.refuses = () => true;
    server.last.drop();
    for (let attempt = 0; attempt < 9; attempt++) {
      await settle();
      clock.advance(60_000);
    }
    await settle();
    const waits = events.filter(([name]) => name === 'offline').map(([, , ms]) => ms);
    expect(waits.slice(0, 9)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('a scene that is being entered is entered in the new session', async () => {
    const { client, server, clock } = await party();
    const scene = 'verona@scene.example.org';
    server.onConnection = (connection) => {
      friendly(connection);
      const others = connection.onRequest;
      connection.onRequest = (request) => {
        if (request.cmdid !== Command.scene) return others(request);
        connection.answer(request, { payload: { case: 'sceneResult', value: { scene, self: { actor: 'Alice' } } } });
      };
    };
    server.last.onRequest = () => server.last.drop();
    const entering = client.enterScene(scene);
    await settle();
    clock.advance(1_000);
    const entered = await entering;
    const seen = [{ actor: 'Bob', position: { x: 1, y: 2, z: 3 } }];
    server.last.push(Command.scene, { payload: { case: 'sceneSight', value: { scene, seen } } });
    expect([...entered.actors.keys()]).toEqual(['Bob']);
  });

  it('it tries again when the server has a fault of its own', async () => {
    const { server, clock, events } = await party();
    let isBroken = true;
    server.onConnection = (connection) => {
      if (!isBroken) return friendly(connection);
      const error = { type: 'cancel', condition: 'internal-server-error' };
      connection.onRequest = (request) => connection.answer(request, { error });
    };
    server.last.drop();
    clock.advance(1_000);
    await settle();
    expect(events.at(-1)).toEqual(['offline', 'internal-server-error', 1_000]);
    isBroken = false;
    clock.advance(1_000);
    await settle();
    expect(events.at(-1)).toEqual(['online', undefined]);
  });

  it('it comes back at once after a sleep', async () => {
    const { client, server } = await party();
    const before = server.last;
    client.wake();
    await settle();
    expect(before.isClosed).toBe(true);
    expect(server.connections).toHaveLength(2);
    expect(commands(server.last)).toEqual([Command.resume]);
  });
});

describe('the heartbeat', () => {
  it('goes out when nothing was written for a minute', async () => {
    const { client, server, clock } = await party();
    clock.advance(59_000);
    await client.setPresence();
    clock.advance(59_000);
    await settle();
    expect(server.last.beats).toBe(0);
    clock.advance(1_000);
    await settle();
    expect(server.last.beats).toBe(1);
    clock.advance(60_000);
    await settle();
    expect(server.last.beats).toBe(2);
  });

  it('finds out that the server is not there any more', async () => {
    const { server, clock, events } = await party();
    server.last.answersHeartbeats = false;
    clock.advance(60_000);
    await settle();
    clock.advance(8_000);
    await settle();
    expect(events.at(-1)).toEqual(['offline', 'the server does not answer', 500]);
  });
});

it('a server that is not there any more is found out also by who only sends what has no answer', async () => {
  const { client, server, clock, events } = await party();
  server.last.answersHeartbeats = false;
  server.last.onRequest = () => {};
  for (let second = 0; second < 68; second++) {
    client.send(Command.sceneMove, {});
    clock.advance(1_000);
    await settle();
  }
  expect(events.at(-1)).toEqual(['offline', 'the server does not answer', 500]);
});

describe('what the server orders', () => {
  const kick = (value: object): [number, BodyInit] => [Command.kick, { payload: { case: 'kick', value } }];

  it('a kick is final', async () => {
    const { client, server, clock, events } = await party();
    server.last.push(...kick({ reason: 'replaced', text: 'elsewhere' }));
    await settle();
    clock.advance(600_000);
    await settle();
    expect(server.connections).toHaveLength(1);
    expect(server.last.isClosed).toBe(true);
    expect(events.at(-1)).toEqual(['closed', 'the server ended the session: replaced elsewhere']);
    await expect(client.request(Command.friends)).rejects.toMatchObject({ name: 'ClosedError' });
  });

  it('unless it says that one may come back, and when', async () => {
    const { server, clock } = await party();
    server.last.push(...kick({ reason: 'shutdown', reconnect: true, afterMs: 30_000 }));
    await settle();
    clock.advance(30_000);
    await settle();
    expect(server.connections).toHaveLength(1);
    clock.advance(1_000);
    await settle();
    expect(server.connections).toHaveLength(2);
  });

  it('a redirect is followed, with the session where it says so', async () => {
    const { server, clock } = await party();
    const redirect = (keepToken: boolean): void => {
      const endpoints = [
        { host: '', port: 0 },
        { host: '2001:db8::1', port: 9, protocol: 'tls' },
      ];
      server.last.push(Command.redirect, { payload: { case: 'redirect', value: { endpoints, keepToken } } });
    };
    redirect(true);
    await settle();
    clock.advance(1_000);
    await settle();
    expect(server.last.url).toBe('tls://[2001:db8::1]:9');
    expect(commands(server.last)).toEqual([Command.resume]);
    redirect(false);
    await settle();
    clock.advance(1_000);
    await settle();
    expect(commands(server.last)).toEqual([Command.hello, Command.auth]);
  });

  it.each([
    [{ host: 'two.example', port: 0, protocol: '' }, 'tls://two.example:1'],
    [{ host: 'two.example', port: 7, protocol: '' }, 'tls://two.example:7'],
    [{ host: 'two.example', port: 0, protocol: 'wss' }, 'wss://two.example:1/xmpp-websocket'],
  ])('what a redirect to %j leaves open is as it was', async (endpoint, url) => {
    const { server, clock } = await party();
    server.last.push(Command.redirect, { payload: { case: 'redirect', value: { endpoints: [endpoint] } } });
    await settle();
    clock.advance(1_000);
    await settle();
    expect(server.last.url).toBe(url);
  });

  it('goes back to the servers it knows when nobody is where it was sent', async () => {
    const { server, clock } = await party();
    server.refuses = (url) => url.includes('nowhere');
    server.last.push(Command.redirect, {
      payload: { case: 'redirect', value: { endpoints: [{ host: 'nowhere.example', port: 1, protocol: 'tls' }] } },
    });
    await settle();
    clock.advance(1_000);
    await settle();
    expect(server.connections.map(({ url }) => url)).toEqual(['tls://one.example:1', 'tls://one.example:1']);
  });

  it.each([
    ['conflict', 1],
    ['system-shutdown', 2],
  ])('after the stream error %s', async (condition, connections) => {
    const { server, clock } = await party();
    server.last.push(Command.streamError, { payload: { case: 'streamError', value: { condition } } });
    await settle();
    clock.advance(60_000);
    await settle();
    expect(server.connections).toHaveLength(connections);
  });
});

it('closes with a logout', async () => {
  const { client, server, events } = await party();
  await client.close();
  expect(commands(server.last).at(-1)).toBe(Command.logout);
  expect(server.last.isClosed).toBe(true);
  expect(events.at(-1)).toEqual(['closed', undefined]);
});

it('closes also while it logs in', async () => {
  const { client, server, clock } = await party();
  server.onConnection = () => {};
  server.last.drop();
  clock.advance(1_000);
  await settle();
  await client.close();
  await settle();
  expect(server.connections).toHaveLength(2);
  expect(server.last.isClosed).toBe(true);
});

it('does not go on with a server that sends no frames', async () => {
  const { server, events } = await party();
  server.last.raw(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'));
  await settle();
  expect(server.last.isClosed).toBe(true);
  expect(events.at(-1)?.[1]).toContain('cannot be read');
});
