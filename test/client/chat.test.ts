/** `npx tharsis chat` with a whole server */
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runProgram } from '../../src/cli/program.ts';
import { connect } from '../../src/client/node.ts';
import { createTestServer, type TestServer } from '../../src/testing.ts';

let server: TestServer;
let url: string;
let serverKey: string;

beforeEach(async () => {
  server = await createTestServer({
    config: {
      log: { level: 'silent' },
      listeners: [{ transport: 'tcp-mars', address: '127.0.0.1', port: 0, encryption: 'required' }],
    },
  });
  for (const name of ['alice', 'bob']) await server.addUser(name, 'secret');
  url = `tcp://127.0.0.1:${server.port('tcp-mars')}`;
  serverKey = server.listeners[0]?.publicKey ?? '';
});
afterEach(() => server.stop());

class Chat {
  readonly code: Promise<number>;
  readonly #input = new PassThrough();
  #text = '';
  #wake = (): void => {};

  constructor(jid: string, ...more: string[]) {
    const output = new PassThrough({ encoding: 'utf8' });
    output.on('data', (text: string) => {
      this.#text += text;
      this.#wake();
    });
    this.type('secret');
    const terminal = { input: this.#input, output, errors: new PassThrough() };
    this.code = runProgram(['chat', jid, '--server', url, '--key', serverKey, ...more], terminal);
  }

  type(line: string): void {
    this.#input.write(`${line}\n`);
  }

  /** Waits until this was printed, after what was waited for before. */
  async until(text: string): Promise<void> {
    while (!this.#text.includes(text)) {
      await new Promise<void>((done) => {
        this.#wake = done;
      });
    }
    this.#text = this.#text.slice(this.#text.indexOf(text) + text.length);
  }
}

it('tells who is online, writes to a user, shows what comes, and quits', async () => {
  const { domain } = server;
  const credentials = { username: 'bob', password: 'secret' };
  const bob = await connect({ servers: [url], domain, credentials, serverKey });
  await bob.setPresence({ status: 'here' });
  const alice = new Chat(`alice@${domain}`);
  await alice.until(':q ');
  alice.type(':olu');
  await alice.until('none of your friends is online');
  await bob.setPresence({}, { type: 'subscribed', to: `alice@${domain}` });
  alice.type('hello');
  await alice.until('! there is no room');
  const arrived = new Promise<string | undefined>((done) => bob.on('message', ({ body }) => done(body)));
  alice.type('bob;;how are you?');
  expect(await arrived).toBe('how are you?');
  await bob.sendMessage({ to: `alice@${domain}`, body: 'well; and you?' });
  await alice.until(`bob@${domain}: well; and you?`);
  alice.type('nobody;;hello?');
  await alice.until('! ');
  alice.type(':q');
  expect(await alice.code).toBe(0);
  await bob.close();
});

it('talks in a room', async () => {
  const room = `lobby@conference.${server.domain}`;
  const alice = new Chat(`alice@${server.domain}`, '--room', room);
  await alice.until('! the room is new');
  alice.type('is anybody here?');
  await alice.until(`[${room}] alice: is anybody here?`);
  const bob = new Chat(`bob@${server.domain}`, '--room', room);
  await bob.until(':q ');
  alice.type('hello everybody');
  await bob.until(`[${room}] alice: hello everybody`);
  for (const chat of [alice, bob]) chat.type(':q');
  expect(await Promise.all([alice.code, bob.code])).toEqual([0, 0]);
});

it('says what is wrong with a password', async () => {
  const errors = new PassThrough({ encoding: 'utf8' });
  const input = new PassThrough();
  input.end('wrong\n');
  const arguments_ = ['chat', `alice@${server.domain}`, '--server', url, '--key', serverKey];
  expect(await runProgram(arguments_, { input, output: new PassThrough(), errors })).toBe(1);
  expect(errors.read()).toContain('not-authorized');
});
