/**
 * `@xmpp/client` behind the JSON lines of child-client.ts. A process of its own, because the library leaves trust in the
 * server's certificate to Node, which reads NODE_EXTRA_CA_CERTS at its start only.
 */
import { createInterface } from 'node:readline';
import { client, xml } from '@xmpp/client';
import { WebSocket } from 'ws';

// Node has one of its own from version 22.
globalThis.WebSocket ??= WebSocket;

const NS_ROSTER = 'jabber:iq:roster';

let xmpp;
/** By their ids in the archive (XEP-0359). */
const messagesSeen = new Set();

const bare = (jid) => String(jid).split('/')[0];
const write = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const see = (seen) => write({ seen });
const presence = (attributes, ...children) => xmpp.send(xml('presence', attributes, ...children));
const iq = (type, payload) => xmpp.iqCaller.request(xml('iq', { type }, payload));

const actions = {
  async login({ jid, password, service }) {
    const [username, domain] = jid.split('@');
    let used;
    const credentials = async (authenticate, mechanisms) => {
      [used] = mechanisms;
      await authenticate({ username, password }, used);
    };
    // Its own 2 s are not much on a busy machine.
    xmpp = client({ service, domain, credentials, timeout: 15_000 });
    xmpp.reconnect.stop();
    const failed = new Promise((_, reject) => xmpp.once('error', reject));
    xmpp.on('error', (error) => process.stderr.write(`${error}\n`));
    xmpp.on('stanza', notice);
    xmpp.iqCallee.set(NS_ROSTER, 'query', ({ element }) => {
      for (const item of element.getChildren('item')) {
        see({ kind: 'contact', jid: item.attrs.jid, subscription: item.attrs.subscription });
      }
      return true;
    });
    const online = new Promise((resolve) => xmpp.once('online', resolve));
    // start() itself misses the header of a server that answers before the client's own write is reported.
    xmpp.start().catch(() => {});
    await Promise.race([online, failed]);
    await iq('get', xml('query', { xmlns: NS_ROSTER }));
    await presence({});
    return used;
  },
  addContact: ({ jid }) => iq('set', xml('query', { xmlns: NS_ROSTER }, xml('item', { jid }))),
  requestSubscription: ({ jid }) => presence({ to: jid, type: 'subscribe' }),
  acceptSubscription: ({ jid }) => presence({ to: jid, type: 'subscribed' }),
  announce: ({ status }) => presence({}, xml('status', {}, status)),
  say: ({ jid, body }) => xmpp.send(xml('message', { to: jid, type: 'chat' }, xml('body', {}, body))),
  address: () => String(xmpp.jid),
  async resume() {
    if (xmpp.status !== 'disconnect') await new Promise((resolve) => xmpp.once('disconnect', resolve));
    const failed = new Promise((_, reject) => {
      xmpp.once('error', reject);
      xmpp.once('online', () => reject(new Error('it is another session')));
    });
    const resumed = new Promise((resolve) => xmpp.streamManagement.once('resumed', resolve));
    // As start() does.
    xmpp.reconnect.reconnect().catch(() => {});
    await Promise.race([resumed, failed]);
  },
  async logout() {
    await presence({ type: 'unavailable' });
    await xmpp.stop();
  },
};

function notice(stanza) {
  const jid = bare(stanza.attrs.from);
  if (jid === bare(xmpp.jid)) return;
  if (stanza.is('message') && isNew(stanza)) see({ kind: 'message', jid, body: stanza.getChildText('body') });
  if (!stanza.is('presence')) return;
  const { type } = stanza.attrs;
  if (type === undefined) see({ kind: 'available', jid, status: stanza.getChildText('status') ?? '' });
  if (type === 'unavailable') see({ kind: 'unavailable', jid });
  if (type === 'subscribe') see({ kind: 'request', jid });
}

/**
 * The library does not count the answers to its own requests (0.14.0: iqCaller takes them before streamManagement sees them), and
 * so claims to have less than it has: it gets as many stanzas again when it resumes.
 */
function isNew(message) {
  const id = message.getChild('stanza-id', 'urn:xmpp:sid:0')?.attrs.id;
  if (id === undefined || messagesSeen.has(id)) return id === undefined;
  messagesSeen.add(id);
  return true;
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, do: action, ...details } = JSON.parse(line);
  try {
    const result = await actions[action](details);
    write({ id, result: typeof result === 'string' ? result : null });
  } catch (error) {
    write({ id, error: String(error) });
  }
}

// Where the library misses the header of a stream it waits for it until its time is over, also after STARTTLS and SASL.
process.exit();
