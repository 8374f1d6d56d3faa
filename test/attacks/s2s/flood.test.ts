/** RFC 6120 §4.9, §11, §13.12: too much, too big, too deep, from servers that have proved who they are and from those that have not */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { dialback } from '../../support/raw-s2s.ts';
import { hostileXml, LAUGHS, LIMIT_BEFORE_LOGIN, LIMITS, many, type Refused } from '../hostile-xml.ts';
import { EVIL, OURS, Setting } from './setting.ts';

const PENDING = 20;
const STREAMS = 3;
const PAIRS = 5;

let setting: Setting;

beforeAll(async () => {
  setting = await Setting.start({
    s2s: { pending_streams: PENDING, streams_per_domain: STREAMS, domains_per_stream: PAIRS },
    limits: LIMITS,
  });
});
afterEach(() => {
  expect(setting.lines.filter(({ level }) => level === 'error')).toEqual([]);
  setting.clean();
});
afterAll(() => setting.stop());

const message = (inside: string, attributes = '') =>
  `<message from='iago@${EVIL}' to='juliet@${OURS}'${attributes}>${inside}</message>`;
const NAMESPACES = `xmlns='jabber:server' xmlns:db='jabber:server:dialback' xmlns:stream='http://etherx.jabber.org/streams'`;

describe('a header', () => {
  it.each([
    ['with a billion laughs before it', 'restricted-xml', `${LAUGHS}<stream:stream ${NAMESPACES} to='&l10;'>`],
    ['with a value without end', 'policy-violation', `<stream:stream to='${'x'.repeat(LIMIT_BEFORE_LOGIN)}`],
    [
      'with too many attributes',
      'policy-violation',
      `<stream:stream ${NAMESPACES} ${many(30, (n) => ` a${n}=''`)} to='${OURS}'>`,
    ],
    [
      'with too many prefixes',
      'policy-violation',
      `<stream:stream ${NAMESPACES} ${many(200, (n) => ` xmlns:a${n}='a:${n}'`)} to='${OURS}'>`,
    ],
    [
      'of clients',
      'invalid-namespace',
      `<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='${OURS}'>`,
    ],
    [
      'of another kind of stream',
      'invalid-namespace',
      `<stream:stream xmlns='jabber:server' xmlns:stream='urn:x' to='${OURS}'>`,
    ],
    ['of the time before XMPP 1.0', 'unsupported-version', `<stream:stream ${NAMESPACES} to='${OURS}' from='${EVIL}'>`],
    ['that is none', 'not-well-formed', 'GET / HTTP/1.1\r\n\r\n'],
  ])('%s ends the stream with %s', async (_, condition, header) => {
    const stream = await setting.dial();
    stream.send(header);
    expect(await stream.streamError()).toBe(condition);
  });

  it('after the header ends the stream, however often', async () => {
    const stream = await setting.dial();
    await stream.begin();
    for (let n = 0; n < 1_000; n++) stream.open();
    expect(['bad-format', 'not-well-formed', 'restricted-xml']).toContain(await stream.streamError());
  });
});

/** What an authenticated server sends, and the stream error it gets. */
const REFUSED: Refused = [...hostileXml(message), ['text between stanzas', 'bad-format', `${message('<body/>')}text`]];

it.each(REFUSED)('%s ends an authenticated stream with %s', async (_, condition, text) => {
  const juliet = await setting.juliet();
  const stream = await setting.dialAuthenticated();
  stream.send(text);
  expect(await stream.streamError()).toBe(condition);
  if (condition !== 'bad-format') expect(await juliet.unread()).toEqual([]);
});

it('before it has proved anything a server may say less', async () => {
  const stream = await setting.dial();
  await stream.secure(setting.selfSigned);
  stream.sendKey('x'.repeat(LIMIT_BEFORE_LOGIN));
  expect(await stream.streamError()).toBe('policy-violation');
});

describe('too many', () => {
  /** Resolves true when ours closes the connection. */
  function isClosed(socket: Socket): Promise<boolean> {
    return new Promise((resolve) => {
      socket.once('close', () => resolve(true));
      socket.on('error', () => {});
      socket.resume();
    });
  }

  it('connections that say nothing are refused, and make room when they are gone', async () => {
    const sockets: Socket[] = [];
    for (let n = 0; n < PENDING; n++) {
      const socket = connect(setting.server.port('s2s'), '127.0.0.1');
      await once(socket, 'connect');
      sockets.push(socket);
    }
    const refused = connect(setting.server.port('s2s'), '127.0.0.1');
    expect(await isClosed(refused)).toBe(true);
    for (const socket of sockets) socket.destroy();
    await expect
      .poll(
        async () =>
          (await setting.dial()).begin().then(
            ({ features }) => features.name,
            () => 'refused',
          ),
        {
          interval: 20,
          timeout: 5_000,
        },
      )
      .toBe('features');
  });

  it('streams of one domain end the oldest', async () => {
    const streams = [];
    for (let n = 0; n <= STREAMS; n++) streams.push(await setting.dialAuthenticated());
    const [oldest, ...others] = streams;
    await oldest?.find('end').catch(() => {});
    await oldest?.closed;
    const juliet = await setting.juliet();
    for (const [n, stream] of others.entries()) {
      stream.send(`<message from='iago@${EVIL}/x' to='juliet@${OURS}' type='chat'><body>${n}</body></message>`);
      await juliet.hears(`iago@${EVIL}/x`, String(n));
    }
  });

  it('domains on one stream are refused, each with its error, and no more names are looked up', async () => {
    const stream = await setting.dialAuthenticated();
    const asked = setting.dns.questions.length;
    for (let n = 0; n < 500; n++) stream.sendKey('key', { from: `many-${n}.example`, to: OURS });
    const answers: string[] = [];
    for (let n = 0; n < 500; n++) answers.push(dialback(await stream.next()));
    expect(answers.filter((answer) => answer.endsWith('error resource-constraint')).length).toBeGreaterThanOrEqual(
      500 - PAIRS,
    );
    const names = new Set(setting.dns.questions.slice(asked).map((question) => question.replace(/^.*(many-)/, '$1')));
    expect(names.size).toBeLessThanOrEqual(PAIRS);
  });

  it('questions about keys are all answered, and cost no stream', async () => {
    const stream = await setting.dial();
    await stream.secure(setting.selfSigned);
    for (let n = 0; n < 2_000; n++) stream.askAbout(`key-${n}`, `id-${n}`, { from: EVIL, to: OURS });
    for (let n = 0; n < 2_000; n++) expect(dialback(await stream.next())).toBe(`verify ${OURS} ${EVIL} invalid`);
    expect(setting.evilServer.connections).toBe(0);
  });
});
