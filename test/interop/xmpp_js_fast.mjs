/** Logs in twice as one installation of `@xmpp/client`, and writes what it said until it was online, as JSON. */
import { randomUUID } from 'node:crypto';
import { client, xml } from '@xmpp/client';
import { WebSocket } from 'ws';

// Node has one of its own from version 22.
globalThis.WebSocket ??= WebSocket;

const [service, username, password] = process.argv.slice(2);
const id = randomUUID();
let token;

async function logIn() {
  const userAgent = xml('user-agent', { id }, xml('software', {}, 'xmpp.js'));
  const xmpp = client({ service, domain: 'localhost', username, password, userAgent, timeout: 15_000 });
  xmpp.reconnect.stop();
  xmpp.fast.saveToken = async (given) => {
    token = given;
  };
  xmpp.fast.fetchToken = async () => token;
  const said = [];
  xmpp.on('send', ({ name, attrs }) => said.push(name === 'authenticate' ? attrs.mechanism : name));
  const failed = new Promise((_, reject) => xmpp.once('error', reject));
  const online = new Promise((resolve) => xmpp.once('online', resolve));
  // start() itself misses the header of a server that answers before the client's own write is reported.
  xmpp.start().catch(() => {});
  const jid = await Promise.race([online, failed]);
  const untilOnline = said.filter((name) => name !== 'starttls');
  await xmpp.iqCaller.request(xml('iq', { type: 'get', to: 'localhost' }, xml('ping', { xmlns: 'urn:xmpp:ping' })));
  await xmpp.stop();
  return { jid: String(jid), said: untilOnline };
}

// Timers of the library would keep the process.
process.stdout.write(JSON.stringify([await logIn(), await logIn()]), () => process.exit());
