/** `tharsis demo`: players in the scene of the page /scene. Each is a client of its own with an account of its own, for the time being. */
import { randomBytes } from 'node:crypto';
import { type Client, connect } from '../client/node.ts';
import { callServer, RefusedError } from '../control/control-client.ts';
import type { Terminal } from './terminal.ts';
import { Walker } from './walker.ts';

export interface DemoOptions {
  readonly data: string;
  readonly players: string;
  readonly host?: string;
}

interface Status {
  readonly hosts: readonly { readonly domain: string }[];
  readonly listeners: readonly {
    readonly transport: string;
    readonly address: string;
    readonly port: number;
    readonly public_key?: string;
  }[];
}

const MOST = 500;
const SCENE = 'plaza';

/** Until SIGINT or SIGTERM. */
export async function demo({ data, players, host }: DemoOptions, { output }: Terminal): Promise<void> {
  const count = Number(players);
  if (!Number.isInteger(count) || count < 1 || count > MOST) throw new Error(`players: a number from 1 to ${MOST}`);
  const { hosts, listeners } = (await callServer(data, 'server.status', {})) as Status;
  const listener = listeners.find(({ transport }) => transport === 'tcp-mars');
  if (listener === undefined) throw new Error('the server has no listener of transport tcp-mars');
  const domain = host ?? hosts[0]?.domain ?? 'localhost';
  const isAnywhere = listener.address === '::' || listener.address === '0.0.0.0';
  const server = `tcp://${isAnywhere ? '127.0.0.1' : listener.address}:${listener.port}`;
  const stopped = new Promise<void>((done) => process.once('SIGINT', done).once('SIGTERM', done));
  const names = Array.from({ length: count }, (_, i) => `demo-player-${i + 1}`);
  const clients: Client[] = [];
  try {
    for (const [i, username] of names.entries()) {
      const password = await makeAccount(data, `${username}@${domain}`);
      const credentials = { username, password };
      const client = await connect({ servers: [server], domain, credentials, serverKey: listener.public_key });
      clients.push(client);
      await new Walker(client, `${SCENE}@scene.${domain}`, i).begin();
    }
    output.write(`${count} players walk about at ${SCENE}@scene.${domain}: open /scene. Ctrl-C ends it.\n`);
    await stopped;
  } finally {
    await Promise.all(clients.map((client) => client.close()));
    for (const username of names) await removeAccount(data, `${username}@${domain}`);
  }
}

/** With a password nobody knows; one that an earlier run has left gets another. */
async function makeAccount(data: string, jid: string): Promise<string> {
  const password = randomBytes(24).toString('base64url');
  try {
    await callServer(data, 'user.add', { jid, password });
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    await callServer(data, 'user.passwd', { jid, password });
  }
  return password;
}

async function removeAccount(data: string, jid: string): Promise<void> {
  await callServer(data, 'user.delete', { jid }).catch(() => {
    // It was not made, or the server is gone.
  });
}
