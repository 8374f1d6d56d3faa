import { beforeEach, describe, expect, it } from 'vitest';
import {
  iq,
  Jid,
  ns,
  type RpcAnswer,
  type RpcBackend,
  type RpcCall,
  RpcFault,
  type RpcInstance,
  StanzaError,
} from '#core';
import { DONE, ScriptedInstance } from '../../../test/support/scripted-backend.ts';
import { settled, type TestClient, TestHost } from '../../../test/support/test-host.ts';
import rpc from './index.ts';

const element = ns('urn:tharsis:rpc:0');
const NOTHING = new Uint8Array(0);

let one: ScriptedInstance;
let two: ScriptedInstance;
let test: TestHost;
let juliet: TestClient;

async function start(config: object = {}, instances: readonly RpcInstance[] = [one]): Promise<void> {
  const backends = new Map<string, RpcBackend>([['game', { instances }]]);
  const services = { Shop: { backend: 'game', idempotent: ['List'] } };
  const module: [typeof rpc, object] = [rpc, { services, ...config }];
  test = await TestHost.start([module], ['juliet', 'romeo'], 'example.com', undefined, undefined, backends);
  juliet = test.connect('juliet', 'phone');
}

beforeEach(async () => {
  one = new ScriptedInstance('one');
  two = new ScriptedInstance('two');
  await start();
});

function call(changes: Partial<RpcCall> = {}, client = juliet): Promise<RpcAnswer> {
  const { rpc: service } = test.host;
  if (service === undefined) throw new Error('nobody answers calls');
  return service.call(client.session, {
    service: 'Shop',
    method: 'Buy',
    body: NOTHING,
    headers: new Map(),
    ...changes,
  });
}

/** The condition a call is refused with. */
async function refusal(answer: Promise<RpcAnswer>): Promise<string> {
  const error = await answer.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof StanzaError) return error.condition;
  throw new Error('it was not refused', { cause: error });
}

const down = () => {
  throw new RpcFault('unavailable', 'refused');
};
const never = () => new Promise<RpcAnswer>(() => {});

describe('a call', () => {
  it('gets to the service, with who calls, and its answer back', async () => {
    one.answer = () => ({ code: 7, text: 'too poor', body: Buffer.from('no'), headers: new Map([['gold', '3']]) });
    const body = Buffer.from('sword');
    const answer = await call({ body, headers: new Map([['Lang', 'it']]), trace: 't1', id: 'c1', timeoutMs: 100 });
    expect(answer).toEqual({ code: 7, text: 'too poor', body: Buffer.from('no'), headers: new Map([['gold', '3']]) });
    const [request] = one.requests;
    expect(request).toMatchObject({ service: 'Shop', method: 'Buy', body, oneWay: false, timeoutMs: 100 });
    expect([...(request?.headers ?? [])]).toEqual([
      ['Lang', 'it'],
      ['tharsis-user', 'juliet@example.com'],
      ['tharsis-session', 'juliet@example.com/phone'],
      ['tharsis-trace', 't1'],
      ['tharsis-id', 'c1'],
    ]);
  });

  it('without a trace gets one', async () => {
    await call();
    expect(one.requests[0]?.headers.get('tharsis-trace')).toMatch(/^[\da-f]{32}$/);
  });

  it.each(['tharsis-user', 'Tharsis-Session', 'THARSIS_DEVICE', 'tharsis-anything'])(
    'that brings the header %s is refused',
    async (name) => {
      expect(await refusal(call({ headers: new Map([[name, 'romeo@example.com']]) }))).toBe('forbidden');
      expect(one.requests).toEqual([]);
    },
  );

  it.each<[string, Partial<RpcCall>]>([
    ['no service', { service: '' }],
    ['a service that climbs', { service: '..' }],
    ['a service with a slash', { service: 'Shop/../Bank' }],
    ['a service with a wildcard', { service: 'Shop.>' }],
    ['no method', { method: '' }],
    ['a method with a dot', { method: 'Buy.All' }],
    ['a header name with a space', { headers: new Map([['a b', '']]) }],
    ['no header name', { headers: new Map([['', '']]) }],
    ['a line break in a header', { headers: new Map([['a', 'b\r\ntharsis-user: romeo']]) }],
    ['half a character in a header', { headers: new Map([['a', '\ud800']]) }],
    [
      'a header twice but for its case',
      {
        headers: new Map([
          ['uid', '1'],
          ['UID', '2'],
        ]),
      },
    ],
    [
      'a header twice but for a hyphen',
      {
        headers: new Map([
          ['client-ip', ''],
          ['client_ip', ''],
        ]),
      },
    ],
    ['a line break in the trace', { trace: 'a\nb' }],
    ['a time that is none', { timeoutMs: -1 }],
  ])('with %s is a bad request', async (_, changes) => {
    expect(await refusal(call(changes))).toBe('bad-request');
    expect(one.requests).toEqual([]);
  });

  it('of a service that is not configured finds nothing', async () => {
    expect(await refusal(call({ service: 'Bank' }))).toBe('item-not-found');
  });

  it('goes to the service * where there is no other', async () => {
    await start({ services: { '*': { backend: 'game' } } });
    expect(await call({ service: 'game.Bank' })).toEqual(DONE);
    expect(one.requests[0]?.service).toBe('game.Bank');
  });

  it('one way is answered before it is done, and counts until then', async () => {
    await start({ calls_per_session: 1 });
    let finish = (_: RpcAnswer): void => {};
    one.answer = () => new Promise((resolve) => (finish = resolve));
    expect(await call({ oneWay: true })).toEqual(DONE);
    expect(one.requests[0]?.oneWay).toBe(true);
    expect(await refusal(call())).toBe('resource-constraint');
    finish(DONE);
    await settled();
    one.answer = () => DONE;
    expect(await call()).toEqual(DONE);
  });
});

describe('limits', () => {
  it('of the body of a call', async () => {
    await start({ request_bytes: 10 });
    expect(await call({ body: new Uint8Array(10) })).toEqual(DONE);
    expect(await refusal(call({ body: new Uint8Array(11) }))).toBe('policy-violation');
  });

  it('of headers, in number and in bytes', async () => {
    await start({ headers: 2, header_bytes: 8 });
    const headers = (...entries: [string, string][]) => call({ headers: new Map(entries) });
    expect(await headers(['a', 'éa'], ['b', 'ccc'])).toEqual(DONE);
    expect(await refusal(headers(['a', 'éa'], ['b', 'cccc']))).toBe('policy-violation');
    expect(await refusal(headers(['a', ''], ['b', ''], ['c', '']))).toBe('policy-violation');
  });

  it('of the trace and the id', async () => {
    expect(await call({ trace: 'a'.repeat(256), id: 'b'.repeat(256) })).toEqual(DONE);
    expect(await refusal(call({ trace: 'a'.repeat(257) }))).toBe('policy-violation');
    expect(await refusal(call({ id: 'b'.repeat(257) }))).toBe('policy-violation');
  });

  it('of calls under way, for one session and for all', async () => {
    await start({ calls_per_session: 2, calls: 3 });
    const romeo = test.connect('romeo', 'phone');
    one.answer = never;
    const first = call({ timeoutMs: 10 });
    const others = [call(), call({}, romeo)].map(refusal);
    expect(await refusal(call())).toBe('resource-constraint');
    expect(await refusal(call({}, romeo))).toBe('resource-constraint');
    test.clock.advance(10);
    expect(await refusal(first)).toBe('remote-server-timeout');
    one.answer = () => DONE;
    expect(await call()).toEqual(DONE);
    test.clock.advance(5_000);
    expect(await Promise.all(others)).toEqual(['remote-server-timeout', 'remote-server-timeout']);
  });
});

describe('a backend that is', () => {
  it('slow is given up in time, and told so', async () => {
    one.answer = never;
    const answer = refusal(call());
    await settled();
    test.clock.advance(4_999);
    expect(one.requests[0]?.signal.aborted).toBe(false);
    test.clock.advance(1);
    expect(await answer).toBe('remote-server-timeout');
    expect(one.requests[0]?.signal.aborted).toBe(true);
  });

  it('given less time by the client is given up sooner, and more time does not count', async () => {
    one.answer = never;
    const [short, long] = [refusal(call({ timeoutMs: 50 })), refusal(call({ timeoutMs: 60_000 }))];
    test.clock.advance(50);
    expect(await short).toBe('remote-server-timeout');
    test.clock.advance(4_950);
    expect(await long).toBe('remote-server-timeout');
  });

  it('down is told from one that is slow, and its address is not told', async () => {
    one.answer = () => {
      throw new RpcFault('unavailable', 'connect ECONNREFUSED 10.0.0.1:80');
    };
    const error = await call().catch((thrown: StanzaError) => thrown);
    expect(error).toMatchObject({
      condition: 'recipient-unavailable',
      type: 'wait',
      text: 'Shop cannot be reached now',
    });
    expect(test.log).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        fields: expect.objectContaining({ call: 'Shop/Buy', instance: 'one' }),
      }),
    );
  });

  it.each<[string, Partial<RpcAnswer>]>([
    ['a code that is no integer', { code: 1.5 }],
    ['a code of more than 32 bits', { code: 2 ** 31 }],
    ['a text that XML cannot hold', { text: '\0' }],
    ['an endless text', { text: 'a'.repeat(1_025) }],
    ['a header that is none', { headers: new Map([['a b', 'c']]) }],
    ['a header that XML cannot hold', { headers: new Map([['a', '\u0001']]) }],
    ['too many headers', { headers: new Map(Array.from({ length: 33 }, (_, at) => [`h${at}`, ''])) }],
    ['a body that is too large', { body: new Uint8Array(65_537) }],
  ])('lying with %s is not passed on', async (_, changes) => {
    one.answer = () => ({ ...DONE, ...changes });
    expect(await refusal(call())).toBe('internal-server-error');
  });

  it('answering with a body as large as it may be is passed on', async () => {
    one.answer = () => ({ ...DONE, body: new Uint8Array(65_536) });
    expect((await call()).body.length).toBe(65_536);
  });

  it('faulty itself harms nobody, and is in the log', async () => {
    one.answer = () => {
      throw new TypeError('undefined is not a function');
    };
    expect(await refusal(call())).toBe('internal-server-error');
    expect(test.log).toContainEqual(expect.objectContaining({ level: 'error' }));
  });
});

describe('several instances', () => {
  beforeEach(() => start({ failures: 2, rest_seconds: 10 }, [one, two]));

  it('get calls in turn, and the one with fewer under way first', async () => {
    for (let count = 0; count < 4; count++) await call();
    expect([one.requests.length, two.requests.length]).toEqual([2, 2]);
    one.answer = never;
    two.answer = never;
    const [first, second] = [refusal(call()), refusal(call())];
    two.answer = () => DONE;
    await settled();
    test.clock.advance(5_000);
    expect(await Promise.all([first, second])).toEqual(['remote-server-timeout', 'remote-server-timeout']);
    expect([one.requests.length, two.requests.length]).toEqual([3, 3]);
  });

  it('stand in for each other where a method is idempotent', async () => {
    one.answer = down;
    for (let count = 0; count < 4; count++) expect(await call({ method: 'List' })).toEqual(DONE);
    expect(two.requests.length).toBe(4);
  });

  it('do not where it is not', async () => {
    one.answer = down;
    two.answer = down;
    expect(await refusal(call({ method: 'Buy' }))).toBe('recipient-unavailable');
    expect(one.requests.length + two.requests.length).toBe(1);
  });

  it('are tried once more for an idempotent method, and no oftener', async () => {
    one.answer = () => ({ ...DONE, code: 0.5 });
    two.answer = () => ({ ...DONE, code: 0.5 });
    expect(await refusal(call({ method: 'List' }))).toBe('internal-server-error');
    expect([one.requests.length, two.requests.length]).toEqual([1, 1]);
  });

  it('that fail in a row are left alone, and tried by one call later', async () => {
    one.answer = down;
    two.answer = down;
    for (let count = 0; count < 4; count++) await refusal(call());
    expect([one.requests.length, two.requests.length]).toEqual([2, 2]);
    expect(await refusal(call())).toBe('recipient-unavailable');
    expect(one.requests.length + two.requests.length).toBe(4);
    test.clock.advance(10_000);
    one.answer = never;
    two.answer = never;
    const tries = [refusal(call()), refusal(call())];
    expect(await refusal(call())).toBe('recipient-unavailable');
    test.clock.advance(5_000);
    expect(await Promise.all(tries)).toEqual(['remote-server-timeout', 'remote-server-timeout']);
    test.clock.advance(10_000);
    one.answer = () => DONE;
    two.answer = () => DONE;
    for (let count = 0; count < 4; count++) expect(await call()).toEqual(DONE);
  });

  it('are not left alone because of services that nobody runs there', async () => {
    one.answer = () => {
      throw new RpcFault('unserved', 'no responders');
    };
    two.answer = one.answer;
    for (let count = 0; count < 10; count++) expect(await refusal(call())).toBe('recipient-unavailable');
    one.answer = () => DONE;
    two.answer = () => DONE;
    expect(await call()).toEqual(DONE);
  });

  it('are not left alone because of clients that do not wait', async () => {
    one.answer = never;
    two.answer = never;
    for (let count = 0; count < 10; count++) {
      const answer = refusal(call({ timeoutMs: 10 }));
      test.clock.advance(10);
      expect(await answer).toBe('remote-server-timeout');
    }
    one.answer = () => DONE;
    two.answer = () => DONE;
    expect(await call()).toEqual(DONE);
  });

  it('are shown by a command', async () => {
    one.answer = down;
    two.answer = down;
    for (let count = 0; count < 4; count++) await refusal(call());
    const state = { backend: 'game', circuit: 'open', under_way: 0, calls: 2, failures: 2 };
    expect(await test.commands.run('rpc.backends', {})).toEqual({
      instances: [
        { ...state, instance: 'one' },
        { ...state, instance: 'two' },
      ],
    });
  });
});

it('is not set up for a backend that is not there', async () => {
  await expect(start({ services: { Shop: { backend: 'shop' } } })).rejects.toThrow(
    'options: hosts.example.com.modules.rpc.services.Shop.backend: there is no shop in rpc.backends',
  );
});

describe('an XMPP client', () => {
  const buy = (attrs: object, ...children: Parameters<typeof element>[2][]) =>
    juliet.request('set', element('call', { service: 'Shop', method: 'Buy', ...attrs }, ...children), 'example.com');

  it('calls with an IQ', async () => {
    one.answer = ({ body, headers }) => ({
      code: -3,
      text: 'no',
      body,
      headers: new Map([['lang', headers.get('lang') ?? '']]),
    });
    const header = element('header', { name: 'lang' }, 'it');
    const answer = await buy({ timeout: '100', trace: 't' }, header, element('body', {}, '\n  AAEC /w==\n'));
    expect(answer.payload?.toString()).toBe(
      '<answer xmlns="urn:tharsis:rpc:0" code="-3" text="no"><header name="lang">it</header><body>AAEC/w==</body></answer>',
    );
    expect(one.requests[0]?.headers.get('tharsis-id')).toBe('request-1');
    expect(one.requests[0]?.timeoutMs).toBe(100);
  });

  it.each([
    ['4294967295', 5_000],
    ['0000000000100', 100],
  ])('may write its time as the schema has it: %s', async (timeout, timeoutMs) => {
    expect((await buy({ timeout })).type).toBe('result');
    expect(one.requests[0]?.timeoutMs).toBe(timeoutMs);
  });

  it('gets an empty result for a call one way', async () => {
    const answer = await buy({ 'one-way': '1' });
    expect([answer.type, answer.payload]).toEqual(['result', undefined]);
  });

  it.each<[string, object, string]>([
    ['no Base64', {}, 'AAEC/w='],
    ['a time that is none', { timeout: '1s' }, ''],
    ['a time that is more than the schema has', { timeout: '4294967296' }, ''],
    ['a time of digits without end', { timeout: '9'.repeat(400) }, ''],
    ['a boolean that is none', { 'one-way': 'yes' }, ''],
  ])('that sends %s is told so', async (_, attrs, body) => {
    const answer = await buy(attrs, element('body', {}, body));
    expect(StanzaError.from(answer).condition).toBe('bad-request');
  });

  it('that sends a header twice is told so', async () => {
    const answer = await buy({}, element('header', { name: 'a' }, '1'), element('header', { name: 'a' }, '2'));
    expect(StanzaError.from(answer).condition).toBe('bad-request');
  });

  it('goes on while it waits, and is answered in the order of the answers', async () => {
    let finish = (_: RpcAnswer): void => {};
    one.answer = () => new Promise((resolve) => (finish = resolve));
    const waiting = buy({});
    await settled();
    one.answer = () => DONE;
    expect((await buy({})).type).toBe('result');
    finish(DONE);
    expect((await waiting).type).toBe('result');
  });

  it('of another server cannot call', async () => {
    const { router } = test;
    const stranger = Jid.parse('romeo@example.net/x');
    const got: string[] = [];
    router.remote = { send: (stanza) => void got.push(StanzaError.from(stanza).condition) } as typeof router.remote;
    const payload = element('call', { service: 'Shop', method: 'Buy' });
    await router.route(iq({ type: 'set', id: '1', from: stranger, to: Jid.parse('example.com') }, payload));
    await settled();
    expect(got).toEqual(['forbidden']);
    expect(one.requests).toEqual([]);
  });
});

describe('a notification', () => {
  const sold = { service: 'Shop', type: 'Sold', body: Buffer.from('sword'), headers: new Map([['gold', '3']]) };
  const xml =
    '<notify xmlns="urn:tharsis:rpc:0" service="Shop" type="Sold"><header name="gold">3</header><body>c3dvcmQ=</body></notify>';

  it('comes to every session of a user, or to the one that is named', async () => {
    const tablet = test.connect('juliet', 'tablet');
    expect(test.host.rpc?.notify(Jid.parse('juliet@example.com'), sold)).toBe(2);
    expect(juliet.take()).toEqual([expect.stringContaining(xml)]);
    const [stanza] = tablet.takeStanzas();
    expect(stanza).toMatchObject({ type: 'headline', from: Jid.parse('example.com') });
    expect(test.host.rpc?.notify(Jid.parse('juliet@example.com/tablet'), sold)).toBe(1);
    expect([juliet.take().length, tablet.take().length]).toEqual([0, 1]);
    expect(test.host.rpc?.notify(Jid.parse('romeo@example.com'), sold)).toBe(0);
  });

  it('is sent by a command', async () => {
    const input = {
      service: 'Shop',
      type: 'Sold',
      users: ['juliet@example.com'],
      body: 'c3dvcmQ=',
      headers: ['gold: 3'],
    };
    expect(await test.commands.run('rpc.notify', input)).toEqual({ sessions: 1 });
    expect(juliet.take()).toEqual([expect.stringContaining(xml)]);
    const others = { ...input, users: ['juliet@example.net'] };
    await expect(test.commands.run('rpc.notify', others)).rejects.toMatchObject({ condition: 'item-not-found' });
  });

  it.each([
    ['a type that is none', { type: 'a.b' }, 'bad-request'],
    ['a body that is too large', { body: new Uint8Array(65_537) }, 'policy-violation'],
  ])('with %s is refused', async (_, changes, condition) => {
    const notify = () => test.host.rpc?.notify(Jid.parse('juliet@example.com'), { ...sold, ...changes });
    expect(notify).toThrow(expect.objectContaining({ condition }));
  });
});
