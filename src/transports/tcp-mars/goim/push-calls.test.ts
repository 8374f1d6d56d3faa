import { create, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { MultiPushSchema, ServerPushSchema } from '#protocol/goim';
import type { GoimClient } from '../../../../test/support/goim-client.ts';
import { type GoimServer, startGoim } from '../../../../test/support/goim-server.ts';

const PUSH = { messageType: -3, pushBuffer: Uint8Array.of(0, 1, 255), headers: { ROOM: '20' }, serviceName: 'push' };
const bytes = toBinary(ServerPushSchema, create(ServerPushSchema, PUSH));

async function client(goim: GoimServer, uid: number, room = -1): Promise<GoimClient> {
  const made = await goim.connect();
  const { retCode } = await made.logIn(uid, 'secret', { 'subscribe-room-push': `${room}` });
  expect(retCode).toBe(0);
  return made;
}

async function answer(response: Response) {
  return { status: response.status, ...((await response.json()) as object) };
}

async function nothing(...clients: GoimClient[]): Promise<void> {
  for (const each of clients) {
    await each.settled();
    expect(each.take()).toEqual([]);
  }
}

describe('POST /1/push', () => {
  it('reaches every connection of a user, and nobody else', async () => {
    const goim = await startGoim();
    const [first, other, second] = [await client(goim, 1), await client(goim, 2), await client(goim, 1)];
    await first.push();
    expect(await answer(await goim.http('/1/push?uid=1', bytes))).toEqual({ status: 200, ret: 1 });
    for (const each of [first, second]) expect(await each.push()).toMatchObject(PUSH);
    await nothing(other);
  });

  it('says who is not there', async () => {
    const goim = await startGoim();
    expect(await answer(await goim.http('/1/push?uid=1', bytes))).toEqual({ status: 200, ret: 1, offline: [1] });
    const response = await goim.http('/1/push?uid=1&appid=32767', bytes);
    expect(await response.text()).toBe('{"ret":1,"offline":[9223090561878065153]}');
  });

  it('with kick is operation 6, and the end', async () => {
    const goim = await startGoim();
    const [one, two] = [await client(goim, 1), await client(goim, 2)];
    expect(await answer(await goim.http('/1/push?uid=1&kick', bytes))).toEqual({ status: 200, ret: 1 });
    expect(await one.push(6)).toMatchObject(PUSH);
    await one.closed;
    expect([...goim.server.host.sessions].map(({ user }) => user.local)).toEqual(['2']);
    await nothing(two);
  });

  it('has the version of the first package of each client', async () => {
    const goim = await startGoim();
    const one = await client(goim, 1);
    const two = await goim.connect();
    two.send(2, undefined, 1, 200);
    await two.next();
    await two.logIn(2);
    await goim.http('/1/push/all', bytes);
    expect([(await one.next()).version, (await two.next()).version]).toEqual([1, 200]);
  });

  it.each<[string, string, Uint8Array, number]>([
    ['another body', '/1/push?uid=1', Uint8Array.of(0x12, 200), 400],
    ['no user', '/1/push', bytes, 400],
    ['a user who is none', '/1/push?uid=juliet', bytes, 400],
    ['an app that is none', '/1/push?uid=1&appid=-1', bytes, 400],
    ['no room', '/1/push/room', bytes, 400],
    ['the room that is none', '/1/push/room?rid=-1', bytes, 400],
    ['what clients would not take', '/1/push/all', sized(8_173), 413],
  ])('with %s is refused', async (_, path, body, status) => {
    const goim = await startGoim();
    expect(await answer(await goim.http(path, body))).toMatchObject({ status, ret: 65_535 });
  });

  it('may be as long as a package', async () => {
    const goim = await startGoim();
    const one = await client(goim, 1);
    expect(await answer(await goim.http('/1/push?uid=1', sized(8_172)))).toEqual({ status: 200, ret: 1 });
    expect((await one.next()).body.length).toBe(8_172);
  });

  it('is refused without reading all of a body that is far too long', async () => {
    const goim = await startGoim();
    expect(await answer(await goim.http('/1/push?uid=1', new Uint8Array(120_000)))).toMatchObject({ status: 413 });
  });
});

describe('POST /1/pushs', () => {
  const multi = (userIDs: bigint[], appID = 0) =>
    toBinary(MultiPushSchema, create(MultiPushSchema, { msg: create(ServerPushSchema, PUSH), userIDs, appID }));

  it('reaches several users, and says who is not there', async () => {
    const goim = await startGoim();
    const [one, two] = [await client(goim, 1), await client(goim, 2)];
    const response = await goim.http('/1/pushs', multi([1n, 3n, 2n]));
    expect(await answer(response)).toEqual({ status: 200, ret: 1, offline: [3] });
    for (const each of [one, two]) expect(await each.push()).toMatchObject(PUSH);
  });

  it('that is refused reaches nobody', async () => {
    const goim = await startGoim();
    const one = await client(goim, 1);
    expect(await answer(await goim.http('/1/pushs', multi([1n, -1n])))).toMatchObject({ status: 400 });
    await one.settled();
  });

  it('takes 10000 users, and not one more', async () => {
    const goim = await startGoim();
    const users = (count: number) => Array.from({ length: count }, (_, at) => BigInt(at + 100));
    expect(await answer(await goim.http('/1/pushs', multi(users(10_000))))).toMatchObject({ status: 200, ret: 1 });
    expect(await answer(await goim.http('/1/pushs', multi(users(10_001))))).toMatchObject({ status: 400, ret: 65_535 });
  });
});

describe('POST /1/push/room and /1/push/all', () => {
  it('reach who is in the room, and everybody', async () => {
    const goim = await startGoim({ goim_anonymous: true });
    const [one, two] = [await client(goim, 1, 20), await client(goim, 2)];
    const nobody = await goim.connect();
    await nobody.ask(7, { headers: { 'subscribe-room-push': '20' } });
    await goim.http('/1/push/room?rid=20', bytes);
    for (const each of [one, nobody]) expect(await each.push()).toMatchObject(PUSH);
    await two.ask(15, { headers: { 'subscribe-room-push': '20' } });
    await one.ask(15, { headers: { 'subscribe-room-push': '21' } });
    await goim.http('/1/push/room?rid=20', bytes);
    expect(await nobody.push()).toMatchObject(PUSH);
    expect(await two.push()).toMatchObject(PUSH);
    await nothing(one);
    await goim.http('/1/push/all', bytes);
    for (const each of [one, two]) expect(await each.push()).toMatchObject(PUSH);
  });
});

describe('GET', () => {
  it('/1/count, /1/list, /1/session and /1/room tell who is where', async () => {
    const goim = await startGoim({ goim_hosts: { 0: 'localhost', 3: 'localhost' } });
    await client(goim, 1, 20);
    const two = await goim.connect();
    await two.logIn(2, 'secret', { appid: '3', 'subscribe-room-push': '7' });
    const get = async (path: string) => (await goim.http(path)).text();
    const big = (id: number) => (3n << 48n) + BigInt(id);
    expect(await get('/1/count?type=server')).toBe('{"ret":1,"data":[{"Server":1,"Count":2}]}');
    expect(await get('/1/count?type=room')).toBe(
      `{"ret":1,"data":[{"RoomId":20,"Count":1},{"RoomId":${big(7)},"Count":1}]}`,
    );
    expect(await get('/1/list')).toBe(
      `{"ret":1,"nodes":{"1":[{"UserId":1,"Seq":1,"Comet":1},{"UserId":${big(2)},"Seq":2,"Comet":1}]}}`,
    );
    const at = new Date(goim.clock.now()).toISOString();
    expect(await get(`/1/session?uid=${big(2)}`)).toBe(
      `{"ret":1,"session":{"UserId":${big(2)},"Count":1,"Seq":2,` +
        `"Servers":{"2":{"Comet":1,"Birth":"${at}","Heartbeat":"${at}"}},"Rooms":{"${big(7)}":{"2":1}}}}`,
    );
    expect(await get('/1/session?uid=9')).toContain('"Count":0');
    expect(await get(`/1/room?rid=${big(7)}`)).toBe(`{"ret":1,"room":${big(7)},"users":{"${big(2)}":1}}`);
    expect(await get('/1/room?rid=21')).toBe('{"ret":1,"room":21,"users":{}}');
    const left = new Promise<void>((resolve) => {
      goim.server.host.hooks.add('session:closed', 'observe', () => resolve());
    });
    two.destroy();
    await left;
    expect(await get('/1/count?type=server')).toContain('"Count":1');
  });

  it('is not what pushes are under, nor the other way round', async () => {
    const goim = await startGoim();
    for (const [response, method] of [
      [await goim.http('/1/push?uid=1'), 'POST'],
      [await goim.http('/1/count?type=server', bytes), 'GET'],
    ] as const) {
      expect([response.status, response.headers.get('allow')]).toEqual([405, method]);
    }
    expect((await goim.http('/1/other')).status).toBe(404);
  });

  it.each(['/1/count', '/1/session?uid=-1', '/1/room?rid=x', `/1/room?rid=${2n ** 63n}`])(
    '%s is refused',
    async (path) => {
      const goim = await startGoim();
      expect(await answer(await goim.http(path))).toMatchObject({ status: 400, ret: 65_535 });
    },
  );
});

describe('where tokens are needed, as is the default', () => {
  it('a push needs message:write, a kick session:write, a question session:read', async () => {
    const goim = await startGoim({}, {}, { push: {} });
    const token = async (scope: string) => {
      const made = await goim.server.commands.run('token.create', { scope: [scope] });
      return { authorization: `Bearer ${(made as { token: string }).token}` };
    };
    const [message, session, read] = [
      await token('message:write'),
      await token('session:write'),
      await token('session:read'),
    ];
    const status = async (...call: Parameters<GoimServer['http']>) => (await goim.http(...call)).status;
    expect(await status('/1/push?uid=1', bytes)).toBe(401);
    expect(await status('/1/count?type=server')).toBe(401);
    expect(await status('/1/push?uid=1', bytes, { authorization: 'Bearer 000000000000.x' })).toBe(401);
    for (const [headers, statuses] of [
      [message, [200, 403, 403]],
      [session, [403, 200, 200]],
      [read, [403, 403, 200]],
    ] as const) {
      expect([
        await status('/1/push?uid=1', bytes, headers),
        await status('/1/push?uid=1&kick', bytes, headers),
        await status('/1/count?type=server', undefined, headers),
      ]).toEqual(statuses);
    }
  });
});

/** A ServerPush of so many bytes. */
function sized(length: number): Uint8Array {
  const buffer = new Uint8Array(length - 3);
  return toBinary(ServerPushSchema, create(ServerPushSchema, { pushBuffer: buffer }));
}
