/** A body of every kind, each with all its fields set */
import { type BodyInit, ChatState, Hint, Receipt, Show } from '#protocol/mars';

const bytes = (text: string) => new TextEncoder().encode(text);
const ext = { ns: 'urn:example:game', name: 'loot', xml: "<loot xmlns='urn:example:game' gold='7'/>" };
const position = { x: 1.5, y: -2.25, z: 1e6 };
const item = {
  jid: 'bob@example.org',
  name: 'Bob, das Brot 🍞',
  groups: ['friends', 'guild'],
  subscription: 'both',
  ask: 'subscribe',
  approved: true,
};
const endpoint = { host: '2001:db8::1', port: 5333, protocol: 'tls' };
const presence = {
  show: Show.DO_NOT_DISTURB,
  status: 'in a fight',
  priority: -7,
  caps: { node: 'https://game.example', ver: 'q07IKJEyjvHSyhy//CH0CxmKi8w=', hash: 'sha-1' },
};
const limits = { maxFrame: 65_536, idleMs: 900_000, heartbeatMs: 60_000 };
const message = {
  subject: 'a subject',
  body: 'Hallo Welt: ñ 日本 🚀',
  thread: 't1',
  wantsReceipt: true,
  chatState: ChatState.ACTIVE,
  hints: [Hint.NO_STORE, Hint.NO_COPY],
  app: Uint8Array.of(0, 255, 128),
  receipt: Receipt.RECEIVED,
  receiptId: 'm0',
  channel: 'say',
};
const occupant = {
  nick: 'Bob',
  jid: 'bob@example.org/x',
  affiliation: 'member',
  role: 'visitor',
  show: Show.AWAY,
  status: 's',
};
const move = { scene: 's@scenes.example.org', x: 1, y: 2, z: 3, direction: 0.5, speed: 4, actor: 'bob' };
const action = { scene: 's@scenes.example.org', kind: 'hit', target: 'bob', text: 'x', actor: 'alice' };
const actor = { actor: 'bob', position, direction: 1, speed: 2, action, zone: 'hall' };

/** Every field of the envelope. */
const envelope = {
  id: 'm1',
  to: 'bob@example.org',
  from: 'alice@example.org/phone',
  type: 'chat',
  lang: 'de',
  smSeq: 4_294_967_295,
  smAck: 0,
  ext: [ext, { ns: 'urn:xmpp:ping', name: 'ping' }],
  stamp: 1_795_000_000_123n,
  stanzaId: { id: '17', by: 'alice@example.org' },
  originId: 'o1',
  headers: { shard: '7', empty: '' },
  uid: 'u1',
  noReply: true,
};
const error = {
  type: 'wait',
  condition: 'resource-constraint',
  text: 'too much',
  lang: 'en',
  by: 'example.org',
  app: ext,
  retryAfterMs: 1_500,
  code: -500,
};

const payloads: readonly NonNullable<BodyInit['payload']>[] = [
  {
    case: 'hello',
    value: { protoVersion: 1, client: 'game 1', os: 'os', deviceId: 'd', features: ['f'], compress: ['zstd', 'gzip'] },
  },
  {
    case: 'welcome',
    value: {
      streamId: 's',
      mechanisms: ['SCRAM-SHA-256', 'PLAIN'],
      nonce: 'n',
      limits,
      serverTime: 1_795_000_000_123n,
      features: ['f'],
      compress: 'zstd',
      protoVersions: [1, 2, 300],
    },
  },
  { case: 'auth', value: { mechanism: 'PLAIN', data: bytes('\0a\0b'), resource: 'r', wantSession: true } },
  { case: 'authResult', value: { step: { case: 'challenge', value: bytes('r=x') } } },
  {
    case: 'authResult',
    value: {
      step: {
        case: 'success',
        value: { data: bytes('v=x'), jid: 'a@b/c', sessionId: 's', resumeToken: 't', tokenTtlS: 300 },
      },
    },
  },
  { case: 'resume', value: { sessionId: 's', resumeToken: 't', deviceId: 'd', protoVersion: 1 } },
  { case: 'resumed', value: { jid: 'a@b/c', missed: 3, resumeToken: 't', tokenTtlS: 300, limits } },
  { case: 'message', value: message },
  { case: 'message', value: { body: '' } },
  { case: 'messageResult', value: { duplicate: true } },
  { case: 'ack', value: { receipt: Receipt.DISPLAYED, ids: ['m1', 'm2'] } },
  { case: 'presence', value: presence },
  { case: 'iq', value: { payload: ext, deferred: true } },
  { case: 'roster', value: { ver: '', items: [item, {}] } },
  { case: 'history', value: { with: 'bob@example.org', after: 2n ** 60n, limit: 100 } },
  {
    case: 'historyPage',
    value: { items: [{ ...envelope, payload: { case: 'message', value: message } }], newest: 17n, complete: true },
  },
  ...(
    [
      { case: 'join', value: { nick: 'n', password: 'p', historyMax: 0, historySince: 1n } },
      { case: 'leave', value: { status: 'bye' } },
      { case: 'switchTo', value: { room: 'r2@rooms.example.org', join: { nick: 'n' } } },
      { case: 'invite', value: { jid: 'bob@example.org', reason: 'why' } },
      { case: 'subject', value: 'news' },
      { case: 'affiliation', value: { jid: 'bob@example.org', affiliation: 'owner', reason: 'why' } },
      { case: 'role', value: { nick: 'Bob', role: 'visitor', reason: 'why' } },
      { case: 'config', value: ext },
      { case: 'occupantsAfter', value: 'Bob' },
    ] as const
  ).map((action) => ({ case: 'room', value: { room: 'r@rooms.example.org', action } }) as const),
  {
    case: 'roomResult',
    value: {
      room: 'r@rooms.example.org',
      self: occupant,
      statusCodes: [110, 201],
      occupants: [occupant],
      moreAfter: 'Bob',
      config: ext,
    },
  },
  ...(
    [
      { case: 'enter', value: { position, nick: 'n', direction: 90, speed: 2 } },
      { case: 'leave', value: {} },
      { case: 'watch', value: false },
    ] as const
  ).map((action) => ({ case: 'scene', value: { scene: 's@scenes.example.org', action } }) as const),
  {
    case: 'sceneResult',
    value: {
      scene: 's@scenes.example.org',
      self: actor,
      tickRate: 20,
      snapshot: [actor],
      ...{ sight: 50, outOfSight: 60, say: 20, yell: 60, whisper: 3, placed: true },
    },
  },
  { case: 'sceneMove', value: move },
  { case: 'sceneMoves', value: { scene: 's@scenes.example.org', tick: 1, moves: [move, move] } },
  { case: 'sceneAction', value: action },
  { case: 'sceneTalk', value: { scene: 's@scenes.example.org', channel: 'yell', body: 'hi' } },
  {
    case: 'sceneSight',
    value: { scene: 's@scenes.example.org', seen: [actor, {}], outOfSight: ['a', 'b'], left: ['c'], ended: 'stopped' },
  },
  {
    case: 'rpcInput',
    value: {
      serviceName: 'shop',
      methodName: 'buy',
      requestBuffer: bytes('sword'),
      headers: { uid: '1' },
      timeoutMs: 500,
      oneWay: true,
      traceId: 't',
      compress: 'gzip',
    },
  },
  {
    case: 'rpcOutput',
    value: {
      retCode: -3,
      responseBuffer: bytes('no'),
      headers: { a: 'b' },
      retDesc: 'no gold',
      serviceName: 'shop',
      methodName: 'buy',
    },
  },
  { case: 'routerLogin', value: { resource: 'r', roster: [item], presence } },
  { case: 'routerContacts', value: { jid: 'a@b/c', online: ['x@b'], offline: ['y@b', 'z@b'] } },
  { case: 'routerReassert', value: { users: [{ uid: 'u1', digest: new Uint8Array(32) }] } },
  { case: 'registration', value: { username: 'alice', password: 'secret', fields: { email: 'a@example.org' } } },
  { case: 'registered', value: { jid: 'alice@example.org' } },
  { case: 'credentials', value: { password: 'secret' } },
  { case: 'newPassword', value: { oldPassword: 'a', newPassword: 'b' } },
  {
    case: 'profile',
    value: {
      nickname: 'Al',
      fullName: 'Alice A.',
      birthday: '2000-01-01',
      description: 'd',
      url: 'https://a.example',
      email: 'a@example.org',
      photo: bytes('png'),
      photoType: 'image/png',
    },
  },
  {
    case: 'friends',
    value: { friends: [{ item, online: true, show: Show.CHAT, status: 's', sessions: ['bob@example.org/x'] }] },
  },
  { case: 'group', value: { name: 'raid', members: ['bob@example.org'], room: 'raid@rooms.example.org' } },
  { case: 'groupMembership', value: { room: 'raid@rooms.example.org', join: true } },
  { case: 'directConnect', value: { endpoints: [endpoint], app: bytes('x') } },
  { case: 'directOffer', value: { offerId: 'o', endpoints: [endpoint], secret: bytes('s'), app: bytes('x') } },
  {
    case: 'batch',
    value: {
      bodies: [
        { smSeq: 1, payload: { case: 'presence', value: presence } },
        { smSeq: 2, payload: { case: 'message', value: message } },
      ],
    },
  },
  { case: 'kick', value: { reason: 'replaced', text: 'elsewhere', reconnect: true, afterMs: 5_000 } },
  { case: 'redirect', value: { endpoints: [endpoint, {}], keepToken: true, deadlineMs: 10_000 } },
  { case: 'streamError', value: { condition: 'conflict', text: 'replaced', app: ext } },
  { case: 'multiPush', value: { uids: ['u1', 'u2'], body: { payload: { case: 'message', value: message } } } },
];

export const bodies: readonly BodyInit[] = [
  {},
  { noise: new Uint8Array(48).fill(7) },
  { ...envelope, error },
  ...payloads.map((payload) => ({ ...envelope, payload })),
  ...payloads.map((payload) => ({ id: 'm2', payload })),
];
