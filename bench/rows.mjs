// The rows of the table: what is run, what is measured, what is aimed at.

/**
 * @typedef {object} Row
 * @property {string} title
 * @property {string} [table] the block of docs/performance.md it goes into; `bench` without one
 * @property {'µs' | 'KB' | 'ms' | 's'} unit of the figure: server CPU (user + system) per message, presence or login; memory per session; time
 * @property {string[]} mode xload's mode and the options that make the row
 * @property {number} sessions accounts that take part
 * @property {number} [rest] seconds before the load, in which a server tidies up after its start: what it gives back is not the sessions'
 * @property {number} [contacts] roster size; users are in groups of contacts + 1
 * @property {boolean} [ws]
 * @property {boolean} [mars] game clients; only servers that speak their protocol
 * @property {string} [config] Tharsis's configuration instead of tharsis.yaml; with it there are no accounts
 * @property {boolean} [tls]
 * @property {boolean} [archive] every message is archived for sender and recipient, in SQLite
 * @property {boolean} [rooms] there is a service of rooms; no messages are archived
 * @property {(run: Record<string, number>) => number} figure from xload's JSON
 * @property {number | string} target
 * @property {Record<string, number>} reference what the peers took on the machine on which the target was set: targets are ratios
 */

const chat = { mode: ['chat', '--window', '500'], unit: 'µs', sessions: 2000, figure: (run) => run.srv_us_per_unit };
const idle = {
  // By default a V8 or BEAM heap is only tidied some seconds after the work is over; 20 s later a session is truly idle.
  mode: ['idle', '--settle', '20', '--duration', '5'],
  rest: 20,
  unit: 'KB',
  sessions: 10_000,
  figure: (run) => run.bytes_per_conn_late / 1024,
};

const room = { table: 'rooms', rooms: true, unit: 'µs', figure: (run) => run.srv_us_per_unit };
const door = { table: 'rooms', rooms: true, unit: 'ms', sessions: 1000, figure: (run) => run.srv_ms_per_unit };

/** Game servers that stand in for their users. */
const routed = {
  // 20 s: as with idle sessions
  mode: 'routed --links 4 --contacts 20 --conc 100 --settle 20'.split(' '),
  table: 'games',
  mars: true,
  config: 'routers.yaml',
  sessions: 200_000,
  reference: {},
};

/** @type {Record<string, Row>} */
export const rows = {
  chat: {
    ...chat,
    title: 'chat message, plain TCP',
    target: 30,
    reference: { prosody: 206, 'prosody-generational': 86, ejabberd: 61 },
  },
  'chat-ws': {
    ...chat,
    title: 'chat message, WebSocket',
    ws: true,
    target: 45,
    reference: { prosody: 276, ejabberd: 94 },
  },
  'chat-tls': {
    ...chat,
    title: 'chat message, TLS',
    tls: true,
    target: 45,
    reference: { prosody: 220, ejabberd: 75 },
  },
  'chat-archive': {
    ...chat,
    title: 'chat message, archived',
    archive: true,
    target: 45,
    reference: { prosody: 1543, ejabberd: 2134 },
  },
  'chat-tcp': {
    ...chat,
    title: 'chat message, XMPP over plain TCP: the sender hears nothing of it',
    table: 'games',
    target: 30,
    reference: {},
  },
  'chat-mars-sent': {
    ...chat,
    title: 'chat message, game clients: the sender wants no answer (`no_reply`)',
    mode: [...chat.mode, '--no-reply'],
    table: 'games',
    mars: true,
    target: 14,
    reference: {},
  },
  'chat-mars': {
    ...chat,
    title: 'chat message, game clients: the sender has an answer to each',
    table: 'games',
    mars: true,
    target: 14,
    reference: {},
  },
  idle: {
    ...idle,
    title: 'memory of an idle session, plain TCP',
    target: 12,
    reference: { prosody: 35, 'prosody-generational': 48, ejabberd: 45 },
  },
  'idle-tls': {
    ...idle,
    title: 'memory of an idle session, TLS',
    tls: true,
    target: 45,
    reference: { prosody: 49, ejabberd: 69 },
  },
  'idle-mars': {
    ...idle,
    title: 'memory of an idle session, game clients',
    table: 'games',
    mars: true,
    target: 8,
    reference: {},
  },
  'routed-login': {
    ...routed,
    title: '200,000 users with 20 contacts each log in behind four routers: until all are there',
    unit: 's',
    figure: (run) => run.login_s,
    target: '–',
  },
  'routed-memory': {
    ...routed,
    title: '… memory of each',
    rest: 20,
    unit: 'KB',
    figure: (run) => run.bytes_per_user / 1024,
    target: 1.5,
  },
  'routed-presence': {
    ...routed,
    title: '… presence to 20 contacts, each delivery',
    unit: 'µs',
    figure: (run) => run.srv_us_per_unit,
    target: '–',
  },
  login: {
    title: 'login (SCRAM-SHA-1, bind, roster, presence) and logout',
    mode: ['login', '--conc', '20'],
    unit: 'ms',
    sessions: 1000,
    figure: (run) => run.srv_ms_per_login,
    target: 0.6,
    reference: { prosody: 3.0, ejabberd: 0.8 },
  },
  presence: {
    title: 'presence to 50 contacts, each delivery',
    mode: ['presence', '--window', '20'],
    unit: 'µs',
    sessions: 1020,
    contacts: 50,
    figure: (run) => run.srv_us_per_unit,
    target: 18,
    reference: { prosody: 78, 'prosody-generational': 31, ejabberd: 93 },
  },
  'room-200': {
    ...room,
    title: 'message to a room of 200, each copy',
    mode: ['muc', '--window', '10'],
    sessions: 200,
    target: 8,
    reference: { prosody: 31, 'prosody-generational': 20, ejabberd: 18 },
  },
  'room-1000': {
    ...room,
    title: 'message to a room of 1,000, each copy',
    mode: ['muc', '--window', '4'],
    sessions: 1000,
    target: 8,
    reference: { prosody: 89, ejabberd: 25 },
  },
  'room-10000': {
    ...room,
    title: 'message to a room of 10,000 that hides participants, one a second: 99th percentile of delivery',
    mode: ['muc', '--hide', '--rate', '1', '--timeout', '900'],
    unit: 'ms',
    sessions: 10_000,
    figure: (run) => run.p99_ms,
    target: 2000,
    reference: {},
  },
  'room-enter': {
    ...door,
    title: 'the 1,000th occupant comes and goes',
    mode: ['enter'],
    target: 20,
    reference: {},
  },
  'room-burst': {
    ...door,
    title: '1,000 enter a room at once, each entry',
    mode: ['burst'],
    target: 20,
    reference: {},
  },
};

/** The rows of a table of docs/performance.md, by name. */
export function rowsOf(table) {
  return Object.keys(rows).filter((name) => (rows[name].table ?? 'bench') === table);
}

/** The same row with a few sessions: proves that it runs, its figure means nothing. */
export function shortened(row) {
  const mode = [...row.mode];
  const settle = mode.indexOf('--settle');
  if (settle > 0) mode[settle + 1] = '1';
  return { ...row, mode, sessions: row.contacts ? 2 * (row.contacts + 1) : 100 };
}
