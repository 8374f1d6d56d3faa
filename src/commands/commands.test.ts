import { beforeEach, describe, expect, it } from 'vitest';
import { ApiTokens, CommandRegistry, ConfigError, createMemoryStorage, StanzaError } from '#core';
import { TestHost } from '../../test/support/test-host.ts';
import { createCommands, type ServerControl } from './index.ts';

let host: TestHost;
let commands: CommandRegistry;
let control: ServerControl & { stops: number };

beforeEach(async () => {
  host = await TestHost.start([], ['romeo', 'juliet'], 'example.org');
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
    expect(all.sessions.map(({ jid }) => jid)).toEqual(['romeo@example.org/orchard', 'juliet@example.org/balcony']);
    expect(await commands.run('session.list', { jid: 'juliet@example.org' })).toMatchObject({
      sessions: [{ jid: 'juliet@example.org/balcony', transport: 'test', address: '192.0.2.1', tls: true }],
      more: false,
    });
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
