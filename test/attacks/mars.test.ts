/** The Mars protocol against who means harm: replays, guesses, tokens of others, floods */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type BodyInit, Command, encodeFrame } from '#protocol/mars';
import { chat, helloBody, loggedIn, type MarsClient, resumeBody } from '../support/mars-client.ts';
import { startMars } from '../support/mars-server.ts';

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

async function nonceOf(client: MarsClient): Promise<string> {
  const { payload } = await client.hello();
  return payload.case === 'welcome' ? payload.value.nonce : '';
}

function challenge(client: MarsClient, nonce: string, username: string, password: string) {
  return client.auth('MD5-CHALLENGE', `${username}\0${md5(nonce + username + password)}`);
}

describe('MD5-CHALLENGE', () => {
  const auth = { md5_challenge: 'any', plain_without_tls: true };

  it('logs in who was made while it was on', async () => {
    const { connect } = await startMars({ auth });
    const client = await connect();
    expect(loggedIn(await challenge(client, await nonceOf(client), 'juliet', 'secret')).jid).toMatch(
      /^juliet@localhost\//,
    );
  });

  it('is refused where it is not configured', async () => {
    const { connect } = await startMars();
    const client = await connect();
    const nonce = await nonceOf(client);
    expect((await challenge(client, nonce, 'juliet', 'secret')).error).toMatchObject({
      condition: 'feature-not-implemented',
    });
  });

  it('is refused in the clear where it is for encrypted links, and taken there', async () => {
    const { connect, connectTls } = await startMars({ auth: { ...auth, md5_challenge: 'encrypted' } });
    const plain = await connect();
    const nonce = await nonceOf(plain);
    expect((await challenge(plain, nonce, 'juliet', 'secret')).error).toMatchObject({
      condition: 'feature-not-implemented',
    });
    const secure = await connectTls();
    expect(loggedIn(await challenge(secure, await nonceOf(secure), 'juliet', 'secret')).jid).toBeDefined();
  });

  it('what was heard is of no use a second time, nor on another connection', async () => {
    const { connect } = await startMars({ auth });
    const victim = await connect();
    const nonce = await nonceOf(victim);
    const heard = `juliet\0${md5(`${nonce}julietsecret`)}`;
    loggedIn(await victim.auth('MD5-CHALLENGE', heard));
    const attacker = await connect();
    await attacker.hello();
    expect((await attacker.auth('MD5-CHALLENGE', heard)).error).toMatchObject({ condition: 'not-authorized' });
  });

  it('a nonce is good for 60 s', async () => {
    const { connect, clock } = await startMars({ auth, limits: { login_seconds: 600 } });
    const [late, inTime] = [await connect(), await connect()];
    const [first, second] = [await nonceOf(late), await nonceOf(inTime)];
    clock.advance(59_000);
    expect((await challenge(inTime, second, 'juliet', 'secret')).error).toBeUndefined();
    clock.advance(1_000);
    expect((await challenge(late, first, 'juliet', 'secret')).error).toMatchObject({ condition: 'not-authorized' });
  });

  it('a wrong answer costs the nonce, also by another mechanism', async () => {
    const { connect } = await startMars({ auth });
    const client = await connect();
    for (const attempt of [
      (nonce: string) => challenge(client, nonce, 'juliet', 'guess'),
      () => client.auth('PLAIN', '\0juliet\0guess'),
    ]) {
      const nonce = await nonceOf(client);
      expect((await attempt(nonce)).error).toMatchObject({ condition: 'not-authorized' });
      expect((await challenge(client, nonce, 'juliet', 'secret')).error).toMatchObject({ condition: 'not-authorized' });
    }
    expect((await challenge(client, await nonceOf(client), 'juliet', 'secret')).error).toBeUndefined();
  });

  it('wrong answers count against the limit of failed logins', async () => {
    const { connect } = await startMars({ auth, limits: { failed_logins: 3 } });
    for (let attempt = 1; attempt <= 3; attempt++) {
      const client = await connect();
      await challenge(client, await nonceOf(client), 'juliet', 'guess');
    }
    const client = await connect();
    const { error } = await challenge(client, await nonceOf(client), 'juliet', 'secret');
    expect(error).toMatchObject({ condition: 'resource-constraint', type: 'wait' });
    expect(error?.retryAfterMs).toBeGreaterThan(0);
  });

  it('an account whose password is not kept has no answer that is right', async () => {
    const { connect, server } = await startMars({ auth });
    await server.host.accounts.enter('paris');
    const client = await connect();
    expect((await challenge(client, await nonceOf(client), 'paris', '')).error).toMatchObject({
      condition: 'not-authorized',
    });
  });
});

describe('resume tokens', () => {
  async function detached(mars: Awaited<ReturnType<typeof startMars>>, name = 'juliet', client?: MarsClient) {
    const own = client ?? (await mars.connect());
    const login = await own.logIn(name, 'secret', { wantSession: true, mechanism: 'SCRAM-SHA-256' });
    return { own, login };
  }

  it('are good once', async () => {
    const mars = await startMars();
    const { login } = await detached(mars);
    const [first, second] = [await mars.connect(), await mars.connect()];
    expect((await first.ask(Command.resume, resumeBody(login))).error).toBeUndefined();
    expect((await second.ask(Command.resume, resumeBody(login))).error).toMatchObject({ condition: 'item-not-found' });
    await first.settled();
  });

  it('are good once also at the same time', async () => {
    const mars = await startMars();
    const { login } = await detached(mars);
    const clients = [await mars.connect(), await mars.connect(), await mars.connect()];
    const answers = await Promise.all(clients.map((client) => client.ask(Command.resume, resumeBody(login))));
    expect(answers.filter(({ error }) => error === undefined)).toHaveLength(1);
  });

  it('of somebody else are of no use for a session, and a session of no use without its token', async () => {
    const mars = await startMars();
    const juliet = await detached(mars);
    const romeo = await detached(mars, 'romeo');
    const back = await mars.connect();
    const mixed = { ...juliet.login, resumeToken: romeo.login.resumeToken };
    expect((await back.ask(Command.resume, resumeBody(mixed))).error).toMatchObject({ condition: 'item-not-found' });
    expect((await back.ask(Command.resume, resumeBody({ ...juliet.login, resumeToken: '' }))).error).toMatchObject({
      condition: 'item-not-found',
    });
    expect((await back.ask(Command.resume, resumeBody(juliet.login, 0, 'another device'))).error).toMatchObject({
      condition: 'item-not-found',
    });
    await juliet.own.settled();
  });

  it('that came encrypted are not taken in the clear', async () => {
    const mars = await startMars();
    const { login } = await detached(mars, 'juliet', await mars.connectTls());
    const plain = await mars.connect();
    expect((await plain.ask(Command.resume, resumeBody(login))).error).toMatchObject({ condition: 'item-not-found' });
    const secure = await mars.connectTls();
    expect((await secure.ask(Command.resume, resumeBody(login))).error).toBeUndefined();
  });

  it('are not taken in the clear where encryption is required', async () => {
    const mars = await startMars({}, { encryption: 'required' });
    const { login } = await detached(mars, 'juliet', await mars.connectTls());
    const plain = await mars.connect();
    expect((await plain.ask(Command.resume, resumeBody(login))).error).toMatchObject({ condition: 'policy-violation' });
  });

  it('that are guessed count against the limit of failed logins', async () => {
    const mars = await startMars({ limits: { failed_logins: 3 } });
    const { login } = await detached(mars);
    const back = await mars.connect();
    for (const resumeToken of ['a', 'b', 'c']) await back.ask(Command.resume, resumeBody({ ...login, resumeToken }));
    expect((await back.ask(Command.resume, resumeBody(login))).error).toMatchObject({
      condition: 'resource-constraint',
    });
  });
});

describe('a client that says who it is not', () => {
  it('is closed', async () => {
    const mars = await startMars();
    const client = await mars.connect();
    await client.logIn('tybalt');
    client.send(Command.message, { ...chat('romeo@localhost', 'trust me'), from: 'juliet@localhost' } as BodyInit);
    expect(await client.push(Command.streamError)).toMatchObject({ payload: { value: { condition: 'invalid-from' } } });
    await client.closed;
  });

  it('also by an attribute in an extension', async () => {
    const mars = await startMars();
    const client = await mars.connect();
    await client.logIn('tybalt');
    const xml = "<attributes xmlns='urn:x-tharsis:mars' from='juliet@localhost'/>";
    client.send(Command.message, { ...chat('romeo@localhost', 'trust me'), ext: [{ xml }] } as BodyInit);
    expect(await client.push(Command.streamError)).toMatchObject({ payload: { value: { condition: 'invalid-from' } } });
  });

  it('gets no markup into the streams of others', async () => {
    const mars = await startMars();
    const [client, romeo] = [await mars.connect(), await mars.connect()];
    await client.logIn('tybalt');
    await romeo.comeOnline('romeo');
    const text = '</body></message><message from="juliet@localhost"><body>';
    await client.ask(Command.message, chat('romeo@localhost', text, '"\'/><x y="'));
    expect(await romeo.stanza('juliet')).toMatchObject({
      from: 'tybalt@localhost/game',
      payload: { value: { body: text } },
    });
    await client.ask(Command.message, {
      ...chat('romeo@localhost', 'x'),
      ext: [{ ns: 'a"b', name: 'c d="e"><f' }],
    } as BodyInit);
  });
});

describe('floods', () => {
  it('requests above the quota are told when to come again, and in the end the connection is closed', async () => {
    const mars = await startMars({}, { requests_per_second: 5 });
    const client = await mars.connect();
    await client.logIn('tybalt');
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => client.ask(Command.ack, { id: `${i}` })));
    const refused = answers.filter(({ error }) => error !== undefined);
    expect(refused[0]?.error).toMatchObject({ condition: 'resource-constraint', type: 'wait', retryAfterMs: 200 });
    mars.clock.advance(1_000);
    expect((await client.ask(Command.ack)).error).toBeUndefined();
    for (let i = 0; i < 60; i++) client.send(Command.ack);
    expect(await client.push(Command.streamError)).toMatchObject({
      payload: { value: { condition: 'policy-violation' } },
    });
    await client.closed;
  });

  it('a header that promises more than the limit is refused before anything is kept for it', async () => {
    const mars = await startMars();
    const client = await mars.connect();
    const header = Buffer.from(encodeFrame(200, Command.hello, 1, new Uint8Array(0)));
    header.writeUInt32BE(0xffff_ffff, 16);
    client.raw(header);
    await client.push(Command.streamError);
    await client.closed;
  });

  it('before login a frame may be as long as an element may be there, and no longer', async () => {
    const mars = await startMars({ limits: { stanza_bytes_before_login: 4_000 } });
    const client = await mars.connect();
    const more = (bytes: number): BodyInit => ({ ...helloBody(), headers: { x: 'y'.repeat(bytes) } }) as BodyInit;
    expect((await client.ask(Command.hello, more(3_900))).error).toBeUndefined();
    client.send(Command.hello, more(9_000));
    await client.push(Command.streamError);
    await client.closed;
  });

  it('bodies that cannot be read are refused one by one', async () => {
    const mars = await startMars();
    const client = await mars.connect();
    await client.logIn('tybalt');
    client.raw(encodeFrame(200, Command.message, 77, Uint8Array.of(255, 255, 255)));
    const { body } = await client.next(({ seq }) => seq === 77);
    expect(body.error).toMatchObject({ condition: 'bad-request', code: 400 });
    await client.settled();
  });
});
