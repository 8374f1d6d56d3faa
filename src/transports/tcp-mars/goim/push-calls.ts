/** The HTTP calls of goim: pushes, and who is there */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { HttpAnswer, HttpRequest, HttpRoute } from '#core';
import { MultiPushSchema, ServerPushSchema } from '#protocol/goim';
import type { GoimConnection } from './goim-connection.ts';
import type { GoimListener } from './goim-listener.ts';
import { IdError, joined, parseAppId, parseJoined, parseRoom, parseUid } from './ids.ts';
import { type Json, json } from './json.ts';
import { MAX_PACKAGE_BYTES, Operation } from './operation.ts';
import { Push, PushTooLong } from './push.ts';

/** The values of `ret`. */
const OK = 1;
const FAILED = 65_535;

/** Users of one push call. */
const MOST_USERS = 10_000;
/** The push, and ten bytes for each of its users. */
const BODY_BYTES = MAX_PACKAGE_BYTES + 10 * MOST_USERS;
/** goim counts by access node; this is the only one here. */
const NODE = 1;

/** Why a call is refused. */
class CallRefused extends Error {}

type Call = (request: HttpRequest, listener: GoimListener) => { readonly [name: string]: Json };

const POSTS: Readonly<Record<string, Call>> = {
  '/1/push': pushToUser,
  '/1/pushs': pushToUsers,
  '/1/push/room': pushToRoom,
  '/1/push/all': pushToAll,
};
const GETS: Readonly<Record<string, Call>> = {
  '/1/count': count,
  '/1/list': list,
  '/1/session': sessionsOf,
  '/1/room': usersOfRoom,
};

/** @param access `open`: nobody needs a token */
export function pushCalls(listener: GoimListener, access: 'token' | 'open'): HttpRoute[] {
  const route = (method: HttpRoute['method'], path: string, call: Call): HttpRoute => ({
    ...{ method, path },
    scope: access === 'open' ? undefined : (query) => scopeOf(method, query),
    bodyBytes: method === 'GET' ? 0 : BODY_BYTES,
    answer: (request) => answer(() => call(request, listener)),
  });
  return [
    ...Object.entries(POSTS).map(([path, call]) => route('POST', path, call)),
    ...Object.entries(GETS).map(([path, call]) => route('GET', path, call)),
  ];
}

/** Of the commands that do the like. */
function scopeOf(method: HttpRoute['method'], query: URLSearchParams): string {
  if (method === 'GET') return 'session:read';
  return query.has('kick') ? 'session:write' : 'message:write';
}

function answer(work: () => { readonly [name: string]: Json }): HttpAnswer {
  const type = 'application/json';
  try {
    return { status: 200, type, body: json({ ret: OK, ...work() }) };
  } catch (error) {
    const isTooLong = error instanceof PushTooLong;
    if (!isTooLong && !(error instanceof IdError || error instanceof CallRefused)) throw error;
    return { status: isTooLong ? 413 : 400, type, body: json({ ret: FAILED, error: error.message }) };
  }
}

/** POST /1/push?uid=&appid=&kick */
function pushToUser({ query, body }: HttpRequest, { users }: GoimListener) {
  const isKick = query.has('kick');
  const push = pushOf(isKick ? Operation.disconnect : Operation.callReply, body);
  const user = joined({ app: parseAppId(query.get('appid') || '0'), id: parseUid(query.get('uid') ?? '') });
  const connections = users.of(user);
  for (const connection of connections) {
    if (isKick) connection.kick(push);
    else connection.push(push);
  }
  return connections.length > 0 ? {} : { offline: [user] };
}

/** POST /1/pushs */
function pushToUsers({ body }: HttpRequest, { users }: GoimListener) {
  const { msg, userIDs, appID } = decoded(() => fromBinary(MultiPushSchema, body));
  if (userIDs.length > MOST_USERS) throw new CallRefused(`there are more than ${MOST_USERS} users`);
  const push = new Push(Operation.callReply, toBinary(ServerPushSchema, msg ?? create(ServerPushSchema)));
  const app = parseAppId(`${appID}`);
  // All are looked at first: a call that is refused has pushed nothing.
  const wanted = userIDs.map((uid) => joined({ app, id: parseUid(`${uid}`) }));
  const offline: bigint[] = [];
  for (const user of wanted) {
    const connections = users.of(user);
    if (connections.length === 0) offline.push(user);
    for (const connection of connections) connection.push(push);
  }
  return offline.length === 0 ? {} : { offline };
}

/** POST /1/push/room?rid=&appid= */
function pushToRoom({ query, body }: HttpRequest, { rooms }: GoimListener) {
  const push = pushOf(Operation.callReply, body);
  const id = parseRoom(query.get('rid') ?? '');
  if (id < 0) throw new IdError('rid is no room');
  const room = joined({ app: parseAppId(query.get('appid') || '0'), id });
  for (const connection of rooms.of(room)) connection.push(push);
  return {};
}

/** POST /1/push/all */
function pushToAll({ body }: HttpRequest, { all }: GoimListener) {
  const push = pushOf(Operation.callReply, body);
  for (const connection of all) connection.push(push);
  return {};
}

/** GET /1/count?type=server|room */
function count({ query }: HttpRequest, { all, rooms }: GoimListener) {
  switch (query.get('type')) {
    case 'server':
      return { data: [{ Server: NODE, Count: all.size }] };
    case 'room':
      return { data: [...rooms].map(([room, connections]) => ({ RoomId: room, Count: connections.size })) };
    default:
      throw new CallRefused('type is server or room');
  }
}

/** GET /1/list */
function list(_: HttpRequest, { users }: GoimListener) {
  const sessions = [...users].flatMap(([user, connections]) =>
    [...connections].map((connection) => ({ UserId: user, Seq: connidOf(connection), Comet: NODE })),
  );
  return { nodes: { [NODE]: sessions } };
}

/** GET /1/session?uid= */
function sessionsOf({ query }: HttpRequest, { users, core }: GoimListener) {
  const id = parseJoined('uid', query.get('uid') ?? '');
  const connections = users.of(joined(id));
  const Servers: Record<string, Json> = {};
  const Rooms: Record<string, Record<string, Json>> = {};
  for (const connection of connections) {
    const seq = connidOf(connection);
    const [Birth, Heartbeat] = [connection.user?.session?.boundAt ?? core.clock.now(), connection.heardAt].map((at) =>
      new Date(at).toISOString(),
    );
    Servers[seq] = { Comet: NODE, Birth: Birth ?? '', Heartbeat: Heartbeat ?? '' };
    const room = connection.room < 0 ? '-1' : `${joined({ app: id.app, id: connection.room })}`;
    Rooms[room] = { ...Rooms[room], [seq]: NODE };
  }
  const Seq = Math.max(0, ...connections.map(connidOf));
  return { session: { UserId: joined(id), Count: connections.length, Seq, Servers, Rooms } };
}

/** GET /1/room?rid= */
function usersOfRoom({ query }: HttpRequest, { rooms }: GoimListener) {
  const room = joined(parseJoined('rid', query.get('rid') ?? ''));
  const users: Record<string, number> = {};
  for (const { user } of rooms.of(room)) {
    const number = `${joined({ app: user?.app ?? 0, id: user?.uid ?? 0 })}`;
    users[number] = (users[number] ?? 0) + 1;
  }
  return { room, users };
}

function connidOf({ user }: GoimConnection): number {
  return user?.connid ?? 0;
}

/** The bytes go out as they are, once they are known to be a ServerPush. */
function pushOf(operation: number, body: Uint8Array): Push {
  decoded(() => fromBinary(ServerPushSchema, body));
  return new Push(operation, body);
}

/** @throws CallRefused */
function decoded<Decoded>(decode: () => Decoded): Decoded {
  try {
    return decode();
  } catch (cause) {
    throw new CallRefused('the body is not the message that belongs there', { cause });
  }
}
