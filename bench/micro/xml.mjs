/** Parse and serialise the message of the chat benchmark, with ours and with ltx. `npm run build` first. */
import { Buffer } from 'node:buffer';
import { Parser as LtxParser } from '@xmpp/xml';
import { XmlParser } from '../../dist/core/xml/index.js';

const HEADER = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>";
const BODY = 'Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore. ';
const CASES = {
  'chat message': `<message to='u1@localhost' type='chat' id='abc'><body>${BODY.slice(0, 100)}</body></message>`,
  'not ASCII': `<message to='u1@localhost' type='chat' id='abc'><body>${'приве́т 😀 '.repeat(10)}</body></message>`,
  'with payloads':
    `<message from='r@conference.localhost/n' to='u1@localhost/r' type='groupchat' id='abc' xml:lang='en'>` +
    `<body>It&apos;s 5 &gt; 4</body><active xmlns='http://jabber.org/protocol/chatstates'/>` +
    `<origin-id xmlns='urn:xmpp:sid:0' id='d4c6'/><stanza-id xmlns='urn:xmpp:sid:0' by='r@conference.localhost' id='1'/>` +
    `<delay xmlns='urn:xmpp:delay' stamp='2026-01-01T00:00:00Z'/></message>`,
  'one byte per packet': undefined,
};
const LIMITS = { stanzaBytes: 262_144, depth: 100, attributes: 100, children: 10_000 };

// What is serialised is encoded too, as for a socket: a string that nobody reads was never put together.
const socket = Buffer.alloc(65_536);
let written = 0;

function ours() {
  const sink = {
    streamOpened() {},
    element(el) {
      written += socket.write(el.toString('jabber:client'));
    },
    streamClosed() {},
  };
  const parser = new XmlParser(sink, LIMITS);
  parser.write(Buffer.from(HEADER));
  return (bytes) => parser.write(bytes);
}

/** ltx as @xmpp/xml makes a stream parser of it, with the check of UTF-8 that it leaves to its caller. */
function ltx() {
  const parser = new LtxParser();
  parser.on('element', (el) => {
    written += socket.write(el.toString());
  });
  parser.write(HEADER);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  return (bytes) => parser.write(decoder.decode(bytes, { stream: true }));
}

/** Microseconds a stanza for each contestant: the best of several rounds, taken in turns so that noise hits all alike. */
function measure(contestants, packets, count) {
  const best = contestants.map(() => Number.POSITIVE_INFINITY);
  const writers = contestants.map((make) => make());
  for (let round = 0; round < 15; round++) {
    for (const [n, write] of writers.entries()) {
      const before = written;
      const begun = process.hrtime.bigint();
      for (let i = 0; i < count; i++) for (const packet of packets) write(packet);
      const microseconds = Number(process.hrtime.bigint() - begun) / 1000;
      if (written === before) throw new Error('nothing was parsed');
      best[n] = Math.min(best[n], microseconds / count);
    }
  }
  return best;
}

const rows = [];
for (const [name, xml] of Object.entries(CASES)) {
  const bytes = Buffer.from(xml ?? CASES['chat message']);
  const packets = xml === undefined ? Array.from(bytes, (byte) => Buffer.of(byte)) : [bytes];
  const [a, b] = measure([ours, ltx], packets, xml === undefined ? 1_000 : 20_000);
  rows.push({ stanza: name, 'ours µs': a.toFixed(2), 'ltx µs': b.toFixed(2), ratio: (a / b).toFixed(2) });
}
console.table(rows);
