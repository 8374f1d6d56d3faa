/** docs/protocol/rpc.md §8.2: the backend of kind nats, with a NATS server and a service that listens there */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, headers as createHeaders, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { afterEach, expect, it } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { startMars } from '../support/mars-server.ts';
import { withShop } from '../support/scripted-backend.ts';
import { gameCaller, xmppCaller } from './callers.ts';
import { describeBackend, type Reply, type Seen, type Service } from './describe-backend.ts';

class NatsService implements Service {
  readonly seen: Seen[] = [];
  answer: (call: Seen) => Reply | 'silence' = () => ({});
  /** What a lying service does instead of an answer. */
  respond: ((message: Msg) => void) | undefined;
  connection: NatsConnection | undefined;
  readonly #port: number;
  #nats: ChildProcess | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  get config(): object {
    return { kind: 'nats', servers: [`nats://127.0.0.1:${this.#port}`], token: 'secret', notify_prefix: 'tell' };
  }

  async start(): Promise<void> {
    this.#nats = spawn('nats-server', ['-a', '127.0.0.1', '-p', `${this.#port}`, '--auth', 'secret'], {
      stdio: 'pipe',
    });
    await untilReady(this.#nats);
    this.connection = await connect({ servers: `nats://127.0.0.1:${this.#port}`, token: 'secret' });
    this.connection.subscribe('rpc.Shop.*', { queue: 'shops', callback: (_, message) => this.#take(message) });
    await this.connection.flush();
  }

  async stop(): Promise<void> {
    await this.connection?.close();
    if (this.#nats === undefined || this.#nats.exitCode !== null) return;
    this.#nats.kill('SIGKILL');
    await once(this.#nats, 'exit');
    this.#nats = undefined;
  }

  /** The service is gone, and NATS is there. */
  async leave(): Promise<void> {
    await this.connection?.close();
  }

  #take(message: Msg): void {
    const [, service = '', method = ''] = message.subject.split('.');
    const headers = Array.from(message.headers ?? [], ([name, [value = '']]) => [name, value]);
    const call = { service, method, body: message.data, headers: Object.fromEntries(headers) };
    this.seen.push(call);
    if (this.respond !== undefined) return this.respond(message);
    const reply = this.answer(call);
    if (reply === 'silence') return;
    const fields = createHeaders();
    if (reply.code !== undefined) fields.set('Nats-Service-Error-Code', `${reply.code}`);
    if (reply.text !== undefined) fields.set('Nats-Service-Error', reply.text);
    for (const [name, value] of Object.entries(reply.headers ?? {})) fields.set(name, value);
    message.respond(reply.body, { headers: fields });
  }
}

async function untilReady({ stderr }: ChildProcess): Promise<void> {
  let text = '';
  for await (const part of stderr?.iterator({ destroyOnReturn: false }) ?? []) {
    text += part;
    if (text.includes('Server is ready')) break;
  }
  stderr?.resume();
}

const isInstalled = spawnSync('nats-server', ['--version']).error === undefined;
const missing = isInstalled ? undefined : 'nats-server is not installed';

let latest: NatsService;
async function service(): Promise<NatsService> {
  latest = new NatsService(await freePort());
  await latest.start();
  return latest;
}

describeBackend({ name: 'a service behind NATS', service, missing }, () => {
  afterEach(() => latest.stop());

  async function start() {
    await service();
    return startMars(withShop(latest.config));
  }

  it('that nobody runs is not waited for', async () => {
    const caller = await gameCaller(await start());
    await expect.poll(() => caller.call('Buy')).toMatchObject({ code: 0 });
    await latest.leave();
    expect(await caller.call('Buy')).toEqual({ condition: 'recipient-unavailable' });
  });

  it('that nobody runs is no reason to leave those alone that somebody runs', async () => {
    const mars = await start();
    const caller = await gameCaller(mars);
    await expect.poll(() => caller.call('Buy')).toMatchObject({ code: 0 });
    await latest.leave();
    for (let count = 0; count < 10; count++) await caller.call('Buy');
    expect(await mars.server.commands.run('rpc.backends', {})).toMatchObject({
      instances: [{ circuit: 'closed' }],
    });
  });

  it('is asked without the headers by which a client would tell NATS something', async () => {
    const caller = await gameCaller(await start());
    await expect.poll(() => caller.call('Buy')).toMatchObject({ code: 0 });
    await caller.call('Buy', undefined, { 'Nats-Trace-Dest': 'tell.Shop.Sold', 'nats-msg-id': '1', natsy: 'yes' });
    expect(Object.keys(latest.seen.at(-1)?.headers ?? {}).filter((name) => /^nats/i.test(name))).toEqual(['natsy']);
  });

  it.each<[string, (message: Msg) => void]>([
    ['a code that is none', (message) => message.respond('', { headers: codeHeader('ok') })],
    ['a code that is too large', (message) => message.respond('', { headers: codeHeader('2147483648') })],
  ])('that answers with %s gives no answer', async (_, respond) => {
    const caller = await gameCaller(await start());
    await expect.poll(() => caller.call('Buy')).toMatchObject({ code: 0 });
    latest.respond = respond;
    expect(await caller.call('Buy')).toEqual({ condition: 'internal-server-error' });
  });

  it('tells users of any client something', async () => {
    const mars = await start();
    const callers = [await xmppCaller(mars), await gameCaller(mars)];
    for (const caller of callers) await expect.poll(() => caller.call('Buy')).toMatchObject({ code: 0 });
    const fields = createHeaders();
    for (const { jid } of callers) fields.append('tharsis-to', jid);
    fields.append('tharsis-to', 'nobody@elsewhere.example');
    fields.set('gold', '3');
    latest.connection?.publish('tell.Shops', 'of no service', { headers: fields });
    latest.connection?.publish('tell.Shop.Sold', 'sword', { headers: fields });
    const sold = { service: 'Shop', type: 'Sold', body: 'sword', headers: { gold: '3' } };
    expect(await Promise.all(callers.map((caller) => caller.told()))).toEqual([sold, sold]);
    expect(mars.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', message: 'a notification was refused' }),
    );
    callers[0]?.close();
  });

  it('that comes later than the server is found', async () => {
    latest = new NatsService(await freePort());
    const mars = await startMars(withShop(latest.config));
    const caller = await gameCaller(mars);
    expect(await caller.call('Buy')).toEqual({ condition: 'recipient-unavailable' });
    await latest.start();
    await expect
      .poll(async () => {
        mars.clock.advance(10_000);
        return caller.call('Buy');
      })
      .toMatchObject({ code: 0 });
  });
});

function codeHeader(code: string) {
  const headers = createHeaders();
  headers.set('Nats-Service-Error-Code', code);
  return headers;
}
