import { beforeEach, describe, expect, it } from 'vitest';
import { ApiTokens, CommandRegistry, ConfigError, createMemoryStorage, StanzaError } from '#core';
import presence from '#modules/presence';
import roster from '#modules/roster';
import { settled, TestHost } from '../../test/support/test-host.ts';
import { createCommands, type ServerControl } from './index.ts';

let host: TestHost;
let commands: CommandRegistry;
let control: ServerControl & { stops: number };

beforeEach(async () => {
  host = await TestHost.start([roster, presence], ['romeo', 'juliet'], 'example.org');
  commands = new CommandRegistry();
  control = {
    router: host.host.router,
    commands,
    clock: host.clock,
    tokens: new ApiTokens(createMemoryStorage().stores(''), host.clock),
    stopping: new AbortController().signal,
    stops: 0,
    status: () => ({
      version: '1.2.3',
      startedAt: 0,
      uptimeSeconds: 7,
      listeners: [{ transport: 'tcp', address: '::', port: 5222, tls: 'required' }],
    }),
    reload: async () => [{ path: 'log.level', steps: ['log', 'level'], before: 'info', after: 'warn', reload: 'live' }],
    async stop() {
      control.stops++;
    },
  };
  for (const command of createCommands(control)) commands.add(command);
});

const refusal = (name: string, input: object) => commands.run(name, input).catch((error: unknown) => error);

describe('user', () => {
  it('makes an account that can log in with the password', async () => {
    expect(await commands.run('user.add', { jid: 'Nurse@example.org', password: 'pw' })).toEqual({
      jid: 'nurse@example.org',
    });
    expect(await host.host.accounts.verifyPassword('nurse', 'pw')).toBe(true);
  });

  it('refuses an account that exists, a foreign domain and what is no account', async () => {
    expect(await refusal('user.add', { jid: 'romeo@example.org', password: 'pw' })).toEqual(
      new StanzaError('conflict', 'romeo@example.org exists already'),
    );
    expect(await refusal('user.add', { jid: 'romeo@example.net', password: 'pw' })).toEqual(
      new StanzaError('item-not-found', 'example.net is not served here; the hosts are: example.org'),
    );
    for (const jid of ['example.org', 'romeo@example.org/orchard', 'ro meo@example.org']) {
      expect(await refusal('user.add', { jid, password: 'pw' })).toMatchObject({ condition: 'jid-malformed' });
    }
  });

  it('sets a password, and says when there is no such account', async () => {
    await commands.run('user.passwd', { jid: 'romeo@example.org', password: 'new' });
    expect(await host.host.accounts.verifyPassword('romeo', 'new')).toBe(true);
    expect(await refusal('user.passwd', { jid: 'tybalt@example.org', password: 'new' })).toEqual(
      new StanzaError('item-not-found', 'there is no account tybalt@example.org'),
    );
  });

  it('deletes an account and ends its sessions', async () => {
    const romeo = host.connect('romeo', 'orchard');
    await commands.run('user.delete', { jid: 'romeo@example.org' });
    expect(await host.host.accounts.exists('romeo')).toBe(false);
    expect(romeo.closedWith?.condition).toBe('not-authorized');
  });

  it('disables an account, ends its sessions and nobody else’s, and enables it again', async () => {
    const romeo = host.connect('romeo', 'orchard');
    const juliet = host.connect('juliet', 'balcony');
    await commands.run('user.disable', { jid: 'romeo@example.org' });
    expect(romeo.closedWith?.condition).toBe('not-authorized');
    expect(juliet.closedWith).toBeUndefined();
    expect(await host.host.accounts.get('romeo')).toMatchObject({ disabled: true });
    await commands.run('user.enable', { jid: 'romeo@example.org' });
    expect(await host.host.accounts.get('romeo')).toMatchObject({ disabled: false });
  });

  it('bans an account until a time: its sessions end with the reason, and a login on its way too', async () => {
    const romeo = host.connect('romeo', 'orchard');
    const until = '2026-01-01T01:00:00.000Z';
    await commands.run('user.ban', { jid: 'romeo@example.org', until: '1h', reason: 'cheating' });
    expect(romeo.closedWith).toMatchObject({ condition: 'policy-violation', text: `banned until ${until}: cheating` });
    expect(romeo.closedWith?.application?.name).toBe('banned');
    expect(host.connect('romeo', 'late').closedWith?.condition).toBe('policy-violation');
    host.clock.advance(3_600_000);
    expect(host.connect('romeo', 'orchard').closedWith).toBeUndefined();
    expect(await refusal('user.ban', { jid: 'nobody@example.org', until: '1h' })).toMatchObject({
      condition: 'item-not-found',
    });
  });

  it('lists accounts in order, page by page', async () => {
    const created = expect.any(String);
    expect(await commands.run('user.list', { limit: 1 })).toEqual({
      users: [{ jid: 'juliet@example.org', disabled: false, created }],
      more: true,
    });
    expect(await commands.run('user.list', { after: 'juliet@example.org' })).toEqual({
      users: [{ jid: 'romeo@example.org', disabled: false, created }],
      more: false,
    });
  });
});

describe('session', () => {
  it('lists the sessions, of all or of one account', async () => {
    host.connect('romeo', 'orchard');
    host.connect('juliet', 'balcony');
    const all = (await commands.run('session.list', {})) as { sessions: { jid: string }[] };
    expect(all.sessions.map(({ jid }) => jid)).toEqual(['juliet@example.org/balcony', 'romeo@example.org/orchard']);
    expect(await commands.run('session.list', { jid: 'juliet@example.org' })).toMatchObject({
      sessions: [{ jid: 'juliet@example.org/balcony', transport: 'test', address: '192.0.2.1', tls: true }],
      more: false,
    });
  });

  it('lists page by page, whoever comes and goes between the pages', async () => {
    const clients = ['a', 'b', 'c', 'd'].map((resource) => host.connect('romeo', resource));
    const page = async (after?: string) =>
      (await commands.run('session.list', { limit: 2, ...(after && { after }) })) as {
        sessions: { jid: string }[];
        more: boolean;
      };
    const first = await page();
    expect(first.more).toBe(true);
    for (const gone of [clients[0], clients[1]]) gone?.session.close();
    host.connect('romeo', 'aa');
    const second = await page(first.sessions[1]?.jid);
    expect(second.sessions.map(({ jid }) => jid)).toEqual(['romeo@example.org/c', 'romeo@example.org/d']);
    expect(second.more).toBe(false);
  });

  it('counts sessions and users, by host and transport', async () => {
    host.connect('romeo', 'orchard');
    host.connect('romeo', 'street');
    host.connect('juliet', 'balcony');
    const counted = {
      sessions: 3,
      users: 2,
      hosts: [{ name: 'example.org', sessions: 3 }],
      transports: [{ name: 'test', sessions: 3 }],
    };
    expect(await commands.run('session.count', {})).toEqual(counted);
    expect(await commands.run('session.count', { host: 'example.org' })).toEqual(counted);
    expect(await refusal('session.count', { host: 'example.net' })).toMatchObject({ condition: 'item-not-found' });
  });

  it('ends one session of an account, with the reason', async () => {
    const [one, other] = [host.connect('romeo', 'one'), host.connect('romeo', 'other')];
    expect(await commands.run('session.kick', { jid: 'romeo@example.org/one', reason: 'too loud' })).toEqual({
      kicked: ['romeo@example.org/one'],
    });
    expect(one.closedWith).toMatchObject({ condition: 'policy-violation', text: 'too loud' });
    expect(one.closedWith?.application?.toString()).toBe('<kicked xmlns="urn:x-tharsis:sessions"/>');
    expect(other.closedWith).toBeUndefined();
  });

  it('ends all sessions of an account, and says when there are none', async () => {
    host.connect('romeo', 'one');
    host.connect('romeo', 'other');
    expect(await commands.run('session.kick', { jid: 'romeo@example.org' })).toEqual({
      kicked: ['romeo@example.org/one', 'romeo@example.org/other'],
    });
    expect(await refusal('session.kick', { jid: 'romeo@example.org' })).toEqual(
      new StanzaError('item-not-found', 'romeo@example.org has no session'),
    );
  });
});

describe('redirection', () => {
  it('ends sessions with the address of the other server (RFC 6120 §4.9.3.19)', async () => {
    const [one, other] = [host.connect('romeo', 'one'), host.connect('romeo', 'other')];
    expect(await commands.run('session.redirect', { jid: 'romeo@example.org/one', to: '[2001:db8::1]:5222' })).toEqual({
      redirected: ['romeo@example.org/one'],
    });
    expect(one.closedWith?.toElement().toString()).toBe(
      '<stream:error xmlns:stream="http://etherx.jabber.org/streams"><see-other-host xmlns="urn:ietf:params:xml:ns:xmpp-streams">[2001:db8::1]:5222</see-other-host></stream:error>',
    );
    expect(other.closedWith).toBeUndefined();
    expect(await refusal('session.redirect', { jid: 'juliet@example.org', to: 'b.example.org' })).toEqual(
      new StanzaError('item-not-found', 'juliet@example.org has no session'),
    );
  });

  it.each(['', 'a b', 'a:b', 'a:123456', '2001:db8::1', '<a/>:1 '])('refuses %j as an address', async (to) => {
    expect(await refusal('session.redirect', { jid: 'romeo@example.org', to })).toBeInstanceOf(Error);
  });

  it.each([
    [100, 200],
    [50, 100],
    [0.5, 1],
    [33, 66],
  ])('drains %d %% of 200 sessions: %d, over several turns', async (percent, expected) => {
    const clients = Array.from({ length: 200 }, (_, n) => host.connect('romeo', `r${n}`));
    const gone = () => clients.filter(({ closedWith }) => closedWith?.condition === 'see-other-host').length;
    expect(await commands.run('session.drain', { to: 'b.example.org', percent })).toEqual({ sessions: expected });
    expect(gone()).toBeLessThanOrEqual(50);
    await settled();
    expect(gone()).toBe(expected);
  });
});

describe('message', () => {
  it('sends one to a user from the server, and refuses one for nobody', async () => {
    const romeo = await host.logIn('romeo', 'orchard');
    await commands.run('message.send', { jid: 'romeo@example.org', body: 'Hello', subject: 'News', store: false });
    expect(romeo.take()).toEqual([
      '<message type="normal" from="example.org" to="romeo@example.org"><subject>News</subject><body>Hello</body><notice xmlns="urn:x-tharsis:notices" kind="system"/><no-store xmlns="urn:xmpp:hints"/></message>',
    ]);
    expect(await refusal('message.send', { jid: 'nobody@example.org', body: 'Hello' })).toMatchObject({
      condition: 'item-not-found',
    });
  });

  it('sends one to one session only, and refuses one for a session that is not there', async () => {
    const [one, other] = await Promise.all([host.logIn('romeo', 'one'), host.logIn('romeo', 'other')]);
    for (const client of [one, other]) client.take();
    await commands.run('message.send', { jid: 'romeo@example.org/other', body: 'Hello', kind: 'advertisement' });
    expect(one.take()).toEqual([]);
    expect(other.take()).toEqual([
      expect.stringContaining('<notice xmlns="urn:x-tharsis:notices" kind="advertisement"/>'),
    ]);
    expect(await refusal('message.send', { jid: 'romeo@example.org/third', body: 'Hello' })).toEqual(
      new StanzaError('item-not-found', 'romeo@example.org/third has no session'),
    );
  });

  it('is sent once under a key, unless it was refused', async () => {
    const romeo = await host.logIn('romeo', 'orchard');
    const send = { jid: 'romeo@example.org', body: 'Prize', key: 'prize-7' };
    expect(await refusal('message.send', { ...send, jid: 'nobody@example.org' })).toBeInstanceOf(StanzaError);
    expect(await commands.run('message.send', send)).toEqual({ jid: 'romeo@example.org' });
    expect(await commands.run('message.send', send)).toEqual({ jid: 'romeo@example.org' });
    expect(romeo.take()).toEqual([expect.stringContaining('id="prize-7"')]);
    const broadcast = { users: ['romeo@example.org'], body: 'Prize', key: 'prize-8' };
    const first = await commands.run('message.broadcast', broadcast);
    await settled();
    expect(await commands.run('message.broadcast', broadcast)).toEqual({
      ...(first as object),
      sent: 1,
      state: 'done',
    });
    expect(romeo.take()).toHaveLength(1);
  });

  it('is of no use after its time: a broadcast under way stops, and what is over is refused', async () => {
    const users = Array.from({ length: 1_000 }, (_, n) => `user${n}@example.org`);
    const { id } = (await commands.run('message.broadcast', { body: 'x', users, expires: '10s' })) as { id: string };
    host.clock.advance(10_000);
    await settled();
    const { sent, state } = (await commands.run('message.progress', { id })) as { sent: number; state: string };
    expect(state).toBe('stopped');
    expect(sent).toBeLessThan(1_000);
    expect(
      await refusal('message.send', { jid: 'romeo@example.org', body: 'x', expires: '2020-01-01T00:00:00Z' }),
    ).toEqual(new StanzaError('bad-request', '2020-01-01T00:00:00Z is over'));
  });

  it('reaches everybody online once, as a headline where that is wished', async () => {
    const clients = await Promise.all([
      host.logIn('romeo', 'one'),
      host.logIn('romeo', 'two'),
      host.logIn('juliet', 'x'),
    ]);
    for (const client of clients) client.take();
    const begun = await commands.run('message.broadcast', { body: 'Maintenance', type: 'headline' });
    expect(begun).toMatchObject({ total: 2 });
    await settled();
    for (const client of clients) {
      expect(client.take()).toEqual([expect.stringMatching(/^<message type="headline".*Maintenance/)]);
    }
    const { id } = begun as { id: string };
    expect(await commands.run('message.progress', { id })).toEqual({ id, total: 2, sent: 2, state: 'done' });
  });

  it('is paced over turns, tells how far it is, and can be stopped', async () => {
    const users = Array.from({ length: 1_000 }, (_, n) => `user${n}@example.org`);
    const { id } = (await commands.run('message.broadcast', { body: 'x', users })) as { id: string };
    const stopped = (await commands.run('message.stop', { id })) as { sent: number; state: string };
    expect(stopped.state).toBe('stopped');
    expect(stopped.sent).toBeGreaterThan(0);
    expect(stopped.sent).toBeLessThan(1_000);
    await settled();
    expect(await commands.run('message.progress', { id })).toEqual(stopped);
    expect(await refusal('message.stop', { id })).toMatchObject({ condition: 'unexpected-request' });
    expect(await refusal('message.progress', { id: 'none' })).toMatchObject({ condition: 'item-not-found' });
  });

  it('is refused while three are under way, and for what is no account', async () => {
    const users = Array.from({ length: 1_000 }, (_, n) => `user${n}@example.org`);
    for (let n = 0; n < 3; n++) await commands.run('message.broadcast', { body: 'x', users });
    expect(await refusal('message.broadcast', { body: 'x', users })).toMatchObject({
      condition: 'resource-constraint',
    });
    expect(await refusal('message.broadcast', { body: 'x', users: ['a@example.net'] })).toMatchObject({
      condition: 'item-not-found',
    });
  });
});

describe('server', () => {
  it('tells its status', async () => {
    host.connect('romeo', 'orchard');
    expect(await commands.run('server.status', {})).toMatchObject({
      version: '1.2.3',
      pid: process.pid,
      started: '1970-01-01T00:00:00.000Z',
      uptime_seconds: 7,
      sessions: 1,
      hosts: [{ domain: 'example.org', sessions: 1 }],
      listeners: [{ transport: 'tcp', address: '::', port: 5222, tls: 'required' }],
    });
  });

  it('tells what a reload changed', async () => {
    expect(await commands.run('server.reload', {})).toEqual({
      changes: [{ path: 'log.level', before: 'info', after: 'warn', reload: 'live' }],
    });
  });

  it('refuses a configuration that is wrong, with its problems', async () => {
    control.reload = () => Promise.reject(new ConfigError([{ path: 'log', message: 'odd', file: 'f', line: 3 }]));
    expect(await refusal('server.reload', {})).toEqual(
      new StanzaError('not-acceptable', 'nothing was changed:\nf:3: log: odd'),
    );
  });

  it('answers before it stops', async () => {
    expect(await commands.run('server.stop', {})).toEqual({ pid: process.pid });
    expect(control.stops).toBe(1);
  });
});
