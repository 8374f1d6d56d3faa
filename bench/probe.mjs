// A session that does nothing but ask for answers (XEP-0199): the longest wait is the longest the server's event loop was blocked,
// and at most that of the machine's scheduler more.
import { once } from 'node:events';
import net from 'node:net';

const EVERY_MS = 5;

/**
 * Logs in as u0 with another resource, and asks until it is stopped.
 * @param {number} port
 * @returns {Promise<() => number>} stops it; the longest wait in milliseconds
 */
export async function startProbe(port) {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
  let heard = '';
  const until = async (text) => {
    while (!heard.includes(text)) {
      heard += await once(socket, 'data');
      if (heard.includes('<failure')) throw new Error(`the probe could not log in: ${heard}`);
    }
    heard = '';
  };
  const open = `<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='localhost' version='1.0'>`;
  const plain = Buffer.from('\0u0\0benchpass').toString('base64');
  socket.write(open);
  await until('</stream:features>');
  socket.write(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${plain}</auth>`);
  await until('<success');
  socket.write(open);
  await until('</stream:features>');
  socket.write(
    `<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>probe</resource></bind></iq>`,
  );
  await until('</iq>');

  const asked = [];
  let answered = 0;
  let longest = 0;
  const wait = () => {
    if (answered < asked.length) longest = Math.max(longest, performance.now() - asked[answered]);
  };
  socket.on('data', (data) => {
    for (const _ of data.toString('latin1').matchAll(/<iq /g)) {
      wait();
      answered++;
    }
  });
  const timer = setInterval(() => {
    asked.push(performance.now());
    socket.write(`<iq type='get' id='p' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>`);
  }, EVERY_MS);
  return () => {
    clearInterval(timer);
    wait();
    socket.destroy();
    return longest;
  };
}
