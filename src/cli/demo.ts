/** `tharsis demo`: players in the scene of the page /scene. Each is a client of its own with an account of its own, for the time being. */
import { randomBytes } from 'node:crypto';
import { type Client, connect } from '../client/node.ts';
import { callServer } from '../control/control-client.ts';
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
  const listener = listeners.find(({ transport, public_key }) => transport === 'tcp-mars' && public_key !== undefined);
  if (listener === undefined) throw new Error('the server has no listener of transport tcp-mars that encrypts');
  const domain = host ?? hosts[0]?.domain ?? 'localhost';
  const server = `tcp://${reachable(listener.address)}:${listener.port}`;
  const stopped = new Promise<void>((done) => process.once('SIGINT', done).once('SIGTERM', done));
  // Nobody has these names: what is made here, and deleted in the end, is no account of somebody else.
  const run = randomBytes(4).toString('hex');
  const clients: Client[] = [];
  const accounts: string[] = [];
  try {
    for (let i = 0; i < count; i++) {
      const credentials = { username: `demo-${run}-${i + 1}`, password: randomBytes(24).toString('base64url') };
      const jid = `${credentials.username}@${domain}`;
      await callServer(data, 'user.add', { jid, password: credentials.password });
      accounts.push(jid);
      const client = await connect({ servers: [server], domain, credentials, serverKey: listener.public_key });
      clients.push(client);
      await new Walker(client, `${SCENE}@scene.${domain}`, i).begin();
    }
    output.write(`${count} players walk about at ${SCENE}@scene.${domain}: open /scene. Ctrl-C ends it.\n`);
    await stopped;
  } finally {
    await Promise.all(clients.map((client) => client.close()));
    for (const jid of accounts) await removeAccount(data, jid);
  }
}

/** Where a server on this machine is that listens at an address, as it is written in a URL. */
function reachable(address: string): string {
  if (address === '::' || address === '0.0.0.0') return '127.0.0.1';
  return address.includes(':') ? `[${address}]` : address;
}

async function removeAccount(data: string, jid: string): Promise<void> {
  await callServer(data, 'user.delete', { jid }).catch(() => {
    // The server is gone.
  });
}
