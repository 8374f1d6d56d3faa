/** Death by SIGKILL while messages wait for their user: none that was acknowledged is lost, nor the notification of them */
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { MortalServer } from '../support/mortal-server.ts';
import { Random } from '../support/random.ts';
import { RawTcpClient } from '../support/raw-client.ts';

const KILLS = 4;
/** Messages between two requests for an acknowledgement, and acknowledged at least between two kills. */
const CHUNK = 20;
const STRIDE = 200;
const SM = "xmlns='urn:xmpp:sm:3'";

const server = new MortalServer();

const configuration = (durability: string) => `
storage: {durability: ${durability}}
listeners: [{transport: tcp, port: 0, address: 127.0.0.1, tls: off}]
auth: {plain_without_tls: true}
log: {level: error}
hosts: {localhost: {modules: {roster: {}, presence: {}, ping: {}, offline: {}, push-notifications: {}, stream-management: {}}}}
`;

async function logIn(port: number, name: string, resource: string): Promise<RawTcpClient> {
  const client = await RawTcpClient.connect(port);
  await client.logIn(name, 'secret', resource);
  return client;
}

/** Sends messages to juliet, numbered from `first`, until the server is gone. Resolves with how many were sent and acknowledged. */
async function write(port: number, first: number, enough: () => void): Promise<{ sent: number; acknowledged: number }> {
  const romeo = await logIn(port, 'romeo', 'orchard');
  romeo.send(`<enable ${SM}/>`);
  await romeo.find('enabled');
  let [sent, acknowledged] = [0, 0];
  try {
    for (;;) {
      for (let n = 0; n < CHUNK; n++, sent++) {
        romeo.send(`<message type='chat' id='${first + sent}' to='juliet@localhost'><body>hello</body></message>`);
      }
      romeo.send(`<r ${SM}/>`);
      acknowledged = Number((await romeo.find('a')).attrs.h);
      if (acknowledged >= STRIDE) enough();
    }
  } catch {
    return { sent, acknowledged };
  }
}

/** The numbers of the messages juliet gets until the server is gone, or has none left. */
async function read(port: number, isOver: (got: readonly number[]) => boolean): Promise<readonly number[]> {
  const got: number[] = [];
  try {
    const juliet = await logIn(port, 'juliet', 'desk');
    juliet.send("<presence xmlns='jabber:client'/>");
    while (!isOver(got)) got.push(Number((await juliet.find('message')).attrs.id));
    juliet.destroy();
  } catch {
    // It was killed.
  }
  return got;
}

it.each(['normal', 'full'])(
  'with durability %s all of them come, in order, and the push service is told',
  async (durability) => {
    const seed = Number(process.env.SEED ?? Date.now());
    const told = `SEED=${seed}`;
    const random = new Random(seed);
    server.configure(configuration(durability));
    let port = await server.serve();
    for (const name of ['juliet', 'romeo', 'push']) {
      await server.process.command('user.add', { jid: `${name}@localhost`, password: 'secret' });
    }
    const phone = await logIn(port, 'juliet', 'phone');
    phone.send(
      "<iq xmlns='jabber:client' type='set' id='e'><enable xmlns='urn:xmpp:push:0' jid='push@localhost/service' node='phone'/></iq>",
    );
    expect((await phone.find('iq')).attrs.type).toBe('result');
    phone.destroy();

    const acknowledged: number[] = [];
    const received: number[] = [];
    for (let kill = 0, first = 0; kill < KILLS; kill++) {
      let writing = Promise.resolve({ sent: 0, acknowledged: 0 });
      const enough = new Promise<void>((resolve) => {
        writing = write(port, first, resolve);
      });
      const reading = kill % 2 === 1 ? read(port, () => false) : undefined;
      await enough;
      await wait(random.below(20));
      await server.end('SIGKILL');
      const outcome = await writing;
      for (let n = 0; n < outcome.acknowledged; n++) acknowledged.push(first + n);
      received.push(...((await reading) ?? []));
      first += outcome.sent;
      port = await server.serve();
    }

    // Those that were not acknowledged may have come as well.
    const last = acknowledged.at(-1) ?? 0;
    received.push(...(await read(port, (got) => got.includes(last) || received.includes(last))));
    const first = [...new Set(received)];
    expect(first, told).toEqual(first.toSorted((a, b) => a - b));
    expect(
      acknowledged.filter((id) => !first.includes(id)),
      told,
    ).toEqual([]);

    const service = await logIn(port, 'push', 'service');
    const request = await service.find('iq');
    expect(request).toMatchObject({ attrs: { type: 'set', from: 'localhost' }, children: [{ name: 'pubsub' }] });
    expect(server.process.errors).toBe('');
  },
  120_000,
);
