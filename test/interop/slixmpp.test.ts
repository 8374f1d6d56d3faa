/** Debian's Slixmpp, in Python, with STARTTLS and with direct TLS */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ChildClient } from './child-client.ts';
import { describeClient, type MakeClient } from './describe-client.ts';

/** The system's own: packages of Debian are not seen by another Python that may be first in the path. */
const PYTHON = '/usr/bin/python3';
const SCRIPT = fileURLToPath(new URL('slixmpp_client.py', import.meta.url));

const isInstalled = spawnSync(PYTHON, ['-c', 'import slixmpp']).status === 0;

describeClient(
  'Slixmpp',
  { 'over TCP with STARTTLS': connect('startTls'), 'over TCP with direct TLS': connect('directTls') },
  isInstalled ? undefined : 'python3-slixmpp is not installed',
);

function connect(way: 'startTls' | 'directTls'): MakeClient {
  return (server, account) => {
    const { [way]: port, certificate } = server;
    return new ChildClient([PYTHON, SCRIPT], account, { port, directTls: way === 'directTls', certificate });
  };
}
