/** Debian's Slixmpp, in Python, with STARTTLS and with direct TLS */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ChildClient } from './child-client.ts';
import type { Account, Moderator, Reader, RestingDevice, Survivor } from './client.ts';
import {
  describeClient,
  describeDevices,
  describeGuests,
  describeHistory,
  describeModerators,
  describeRest,
  describeResumption,
} from './describe-client.ts';
import type { InteropServer } from './server.ts';

/** The system's own: packages of Debian are not seen by another Python that may be first in the path. */
const PYTHON = '/usr/bin/python3';
const SCRIPT = fileURLToPath(new URL('slixmpp_client.py', import.meta.url));

const isInstalled = spawnSync(PYTHON, ['-c', 'import slixmpp']).status === 0;

const ways = { 'over TCP with STARTTLS': connect('startTls'), 'over TCP with direct TLS': connect('directTls') };
const missing = isInstalled ? undefined : 'python3-slixmpp is not installed';

describeClient('Slixmpp', ways, missing);
describeDevices('Slixmpp', ways, missing);
describeRest('Slixmpp', ways, missing);
describeHistory('Slixmpp', ways, missing);
describeResumption('Slixmpp', ways, missing);
describeGuests('Slixmpp', ways, missing);
describeModerators('Slixmpp', ways, missing);

function connect(way: 'startTls' | 'directTls') {
  return (server: InteropServer, account: Account): RestingDevice & Reader & Survivor & Moderator => {
    const { [way]: port, certificate } = server;
    return new ChildClient([PYTHON, SCRIPT], account, { port, directTls: way === 'directTls', certificate });
  };
}
