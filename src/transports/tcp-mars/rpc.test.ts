import { beforeEach, describe, expect, it } from 'vitest';
import { Jid, message, ns } from '#core';
import { type Body, Command, type Init, type RpcInput } from '#protocol/mars';
import type { MarsClient } from '../../../test/support/mars-client.ts';
import { type MarsServer, startMars } from '../../../test/support/mars-server.ts';
import { DONE, ScriptedInstance, scriptedPlugin, withShop } from '../../../test/support/scripted-backend.ts';

let shop: ScriptedInstance;
let mars: MarsServer;
let juliet: MarsClient;

beforeEach(async () => {
  shop = new ScriptedInstance('shop');
  mars = await startMars(withShop({ kind: 'script' }), {}, [scriptedPlugin(shop)]);
  juliet = await mars.connect();
  await juliet.logIn('juliet');
});

function call(value: Init<RpcInput> = {}, envelope: object = {}): Promise<Body> {
  const names = { serviceName: 'Shop', methodName: 'Buy' };
  return juliet.ask(Command.rpc, { ...envelope, payload: { case: 'rpcInput', value: { ...names, ...value } } });
}

describe('1040 call', () => {
  it('gets to the service, with who calls, and its answer back', async () => {
    shop.answer = ({ body }) => ({ code: 0, text: 'ok', body, headers: new Map([['gold', '3']]) });
    const requestBuffer = Buffer.from('sword');
    const value = { requestBuffer, headers: { lang: 'it' }, traceId: 't', timeoutMs: 100, compress: 'gzip' };
    const { error, payload } = await call(value, { id: 'c1' });
    expect(error).toBeUndefined();
    expect(payload).toMatchObject({
      case: 'rpcOutput',
      value: {
        ...{ retCode: 0, retDesc: 'ok', serviceName: 'Shop', methodName: 'Buy' },
        responseBuffer: requestBuffer,
        headers: { gold: '3' },
      },
    });
    const [request] = shop.requests;
    expect(request?.timeoutMs).toBe(100);
    expect(Object.fromEntries(request?.headers ?? [])).toEqual({
      lang: 'it',
      'content-encoding': 'gzip',
      'tharsis-user': 'juliet@localhost',
      'tharsis-session': 'juliet@localhost/game',
      'tharsis-trace': 't',
      'tharsis-id': 'c1',
    });
  });

  it('whose code is not 0 is an error, and has the answer beside it', async () => {
    shop.answer = () => ({ ...DONE, code: -7, text: 'too poor', body: Buffer.from('2') });
    expect(await call()).toMatchObject({
      error: {
        ...{ type: 'cancel', condition: 'undefined-condition', text: 'too poor' },
        app: { ns: 'urn:tharsis:rpc:0', name: 'failed', xml: '<failed xmlns="urn:tharsis:rpc:0" code="-7"/>' },
      },
      payload: { case: 'rpcOutput', value: { retCode: -7, retDesc: 'too poor' } },
    });
  });

  it('is refused where it brings a header of the server', async () => {
    expect(await call({ headers: { 'Tharsis-User': 'romeo@localhost' } })).toMatchObject({
      error: { type: 'auth', condition: 'forbidden' },
      payload: { case: undefined },
    });
    expect(shop.requests).toEqual([]);
  });

  it('is answered before the library gives it up, whatever the service is allowed', async () => {
    mars = await startMars(withShop({ kind: 'script' }, { timeout_ms: 60_000 }), {}, [scriptedPlugin(shop)]);
    juliet = await mars.connect();
    await juliet.logIn('juliet');
    shop.answer = () => new Promise(() => {});
    const answer = call();
    await juliet.settled();
    mars.clock.advance(5_000);
    expect(await answer).toMatchObject({ error: { type: 'wait', condition: 'remote-server-timeout' } });
  });

  it('one way is answered at once, and not at all where no answer is wanted', async () => {
    shop.answer = () => new Promise(() => {});
    expect(await call({ oneWay: true })).toMatchObject({ payload: { case: 'rpcOutput', value: { retCode: 0 } } });
    const value = { serviceName: 'Shop', methodName: 'Buy' };
    const seq = juliet.send(Command.rpc, { noReply: true, payload: { case: 'rpcInput', value } });
    await juliet.settled();
    expect(shop.requests.map(({ oneWay }) => oneWay)).toEqual([true, true]);
    expect(juliet.take().filter((frame) => frame.seq === seq)).toEqual([]);
  });

  it('without its payload is a bad request', async () => {
    expect((await juliet.ask(Command.rpc)).error?.condition).toBe('bad-request');
  });

  it('finds no services on a host that has none', async () => {
    mars = await startMars({ hosts: { localhost: { modules: { ping: {} } } } });
    juliet = await mars.connect();
    await juliet.logIn('juliet');
    expect((await call()).error?.condition).toBe('service-unavailable');
  });
});

describe('a notification', () => {
  const sold = { service: 'Shop', type: 'Sold', body: Buffer.from('sword'), headers: new Map([['gold', '3']]) };

  it('is pushed as an output of the service, and counts as a stanza', async () => {
    const other = await mars.connect();
    await other.logIn('juliet', 'secret', { resource: 'other', wantSession: true });
    expect(mars.server.host.rpc?.notify(Jid.parse('juliet@localhost'), sold)).toBe(2);
    const output = {
      from: 'localhost',
      payload: {
        case: 'rpcOutput',
        value: {
          ...{ serviceName: 'Shop', methodName: 'Sold', retCode: 0, headers: { gold: '3' } },
          responseBuffer: Buffer.from('sword'),
        },
      },
    };
    expect(await juliet.push()).toMatchObject({ ...output, smSeq: 0 });
    expect(await other.push()).toMatchObject({ ...output, smSeq: 1 });
  });

  it('that a user makes up is a message of that user, and no output', async () => {
    const romeo = await mars.connect();
    await romeo.logIn('romeo');
    const xml = "<notify xmlns='urn:tharsis:rpc:0' service='Bank' type='Paid'/>";
    await romeo.ask(Command.message, {
      to: 'juliet@localhost/game',
      type: 'headline',
      ext: [{ ns: 'urn:tharsis:rpc:0', name: 'notify', xml }],
      payload: { case: 'message', value: {} },
    });
    expect(await juliet.push()).toMatchObject({ from: 'romeo@localhost/game', payload: { case: 'message' } });
  });

  it('with something that has no field comes as a message with all of it', async () => {
    const notify = ns('urn:tharsis:rpc:0')('notify', { service: 'Shop', type: 'Sold', until: 'noon' });
    const from = Jid.parse('localhost');
    await mars.server.router.route(message({ type: 'headline', from, to: Jid.parse('juliet@localhost/game') }, notify));
    expect(await juliet.push()).toMatchObject({ payload: { case: 'message' }, ext: [{ name: 'notify' }] });
  });
});
