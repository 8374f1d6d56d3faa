/** `tharsis chat`: a user's side of the Mars protocol, on a terminal */
import { createInterface } from 'node:readline';
import { type Client, connect, RefusedError, Show } from '../client/node.ts';
import { askUnseen } from './secret.ts';
import type { Terminal } from './terminal.ts';

export interface ChatOptions {
  readonly server: readonly string[];
  readonly key?: string;
  readonly room?: string;
  readonly nick?: string;
}

const HELP = `:olu            who of your friends is online
user;;text      to one user
text            to the room
:q              quit
`;
const SHOWN: Readonly<Record<Show, string>> = {
  [Show.AVAILABLE]: 'online',
  [Show.AWAY]: 'away',
  [Show.CHAT]: 'would like to talk',
  [Show.DO_NOT_DISTURB]: 'busy',
  [Show.EXTENDED_AWAY]: 'away for long',
  [Show.INVISIBLE]: 'invisible',
};

/** Reads lines until `:q`, the end of the input, or the end of the session. */
export async function chat(jid: string, options: ChatOptions, terminal: Terminal): Promise<void> {
  const [username = '', domain = ''] = jid.split('@');
  if (username === '' || domain === '') throw new Error(`${jid} is no JID such as alice@localhost`);
  const say = (text: string): void => void terminal.output.write(`${text}\n`);
  const asked = terminal.input.isTTY ? await askUnseen('Password: ', terminal) : undefined;
  const lines = createInterface({ input: terminal.input, terminal: false });
  // It keeps what comes before it is read.
  const input = lines[Symbol.asyncIterator]();
  const password = asked ?? (await input.next()).value;
  if (password === undefined) throw new Error('the first line of the input has to be the password');
  try {
    const client = await connect({
      servers: options.server,
      domain,
      credentials: { username, password },
      serverKey: options.key,
      program: 'tharsis chat',
    });
    client.on('closed', () => lines.close());
    await talk(client, input, { ...options, domain, nick: options.nick ?? username, say });
    await client.close();
  } finally {
    lines.close();
  }
}

interface Place {
  readonly domain: string;
  readonly room?: string;
  readonly nick: string;
  say(text: string): void;
}

async function talk(client: Client, input: AsyncIterator<string>, place: Place): Promise<void> {
  const { room, nick, say } = place;
  const enter = async (): Promise<void> => {
    await client.setPresence();
    if (room !== undefined) await join(client, room, nick, say);
  };
  const told = (error: Error): void => say(`! ${error.message}`);
  follow(client, say, () => void enter().catch(told));
  await enter().catch(told);
  say(`${client.jid}\n${HELP}`);
  for await (const line of { [Symbol.asyncIterator]: () => input }) {
    if (line.trim() === ':q') return;
    await run(line, client, place).catch(told);
  }
}

async function run(line: string, client: Client, { domain, room, nick, say }: Place): Promise<void> {
  if (line.trim() === '') return;
  if (line.trim() === ':olu') return say(await onlineFriends(client));
  if (line.startsWith(':')) return say(HELP);
  const [, user = '', text = ''] = /^([^\s;]+);;(.*)$/s.exec(line) ?? [];
  if (user !== '') {
    await client.sendMessage({ to: user.includes('@') ? user : `${user}@${domain}`, body: text });
  } else if (room === undefined) {
    say('! there is no room: start with --room, or write user;;text');
  } else {
    await client.sendMessage({ to: room, type: 'groupchat', body: line });
    say(`[${room}] ${nick}: ${line}`);
  }
}

async function onlineFriends(client: Client): Promise<string> {
  const online = (await client.friends()).filter((friend) => friend.online);
  if (online.length === 0) return 'none of your friends is online';
  return online
    .map(({ item, show, status }) => `${item?.jid} ${SHOWN[show]}${status === '' ? '' : `: ${status}`}`)
    .join('\n');
}

async function join(client: Client, room: string, nick: string, say: (text: string) => void): Promise<void> {
  const { statusCodes } = await client.rooms.join(room, { nick });
  // XEP-0045 §10.1.2: a room that is new is closed until its owner says that it may be as it is.
  if (!statusCodes.includes(201)) return;
  await client.rooms.open(room);
  say('! the room is new');
}

function follow(client: Client, say: (text: string) => void, newSession: () => void): void {
  client.on('message', ({ body, subject }, { type, from, error }) => {
    const [bare = '', resource = ''] = from.split('/');
    if (error !== undefined) say(`! ${bare}: ${new RefusedError(error).message}`);
    else if (body !== undefined) say(`${type === 'groupchat' ? `[${bare}] ${resource}` : bare}: ${body}`);
    else if (subject) say(`[${bare}] subject: ${subject}`);
  });
  client.on('presence', (_, { from, error }) => {
    if (error !== undefined) say(`! ${from}: ${new RefusedError(error).message}`);
  });
  client.on('offline', ({ message }, retryMs) => {
    say(`! ${message}; again in ${Math.ceil(retryMs / 1_000)} s`);
  });
  client.on('online', ({ missed }) => {
    say('! connected again');
    if (missed === undefined) newSession();
  });
  client.on('closed', (reason) => {
    if (reason !== undefined) say(`! ${reason.message}`);
  });
}
