import { describe, expect, it } from 'vitest';
import { type AuthProvider, ConfigError, defineAuthProvider, defineModule, definePlugin } from '#core';
import { createTestServer } from './testing.ts';

const everybodyIsRomeo: AuthProvider = {
  exists: (username) => username === 'romeo',
  verifyPassword: async (username, password) => username === 'romeo' && password === 'montague',
};

describe('a server', () => {
  it('serves the default host with every listener on a port of its own', async () => {
    const server = await createTestServer();
    try {
      expect(server.domain).toBe('localhost');
      expect(server.port('tcp')).not.toBe(server.port('websocket'));
      await server.addUser('juliet', 'secret');
      expect(await server.host.accounts.verifyPassword('juliet', 'secret')).toBe(true);
    } finally {
      await server.stop();
    }
  });

  it('sets a module of a plugin up on the hosts that name it, with its validated options', async () => {
    const seen: string[] = [];
    const greeter = defineModule({ name: 'greeter', setup: (host) => void seen.push(host.domain.toString()) });
    const server = await createTestServer({
      plugins: [definePlugin({ name: 'tharsis-plugin-greeter', modules: [greeter] })],
      config: { hosts: { localhost: { modules: { greeter: {} } }, 'example.org': { modules: { ping: {} } } } },
    });
    await server.stop();
    expect(seen).toEqual(['localhost']);
  });

  it('takes accounts from the auth provider of a plugin, and refuses to change them', async () => {
    const provider = defineAuthProvider({ name: 'verona', create: () => everybodyIsRomeo });
    const server = await createTestServer({
      plugins: [definePlugin({ name: 'tharsis-plugin-verona', authProviders: [provider] })],
      config: { auth: { provider: { name: 'verona' } } },
    });
    try {
      expect(await server.host.accounts.verifyPassword('romeo', 'montague')).toBe(true);
      await expect(server.addUser('juliet', 'secret')).rejects.toMatchObject({ condition: 'not-allowed' });
    } finally {
      await server.stop();
    }
  });

  it('does not start with an auth provider nobody brings', async () => {
    await expect(createTestServer({ config: { auth: { provider: { name: 'ldap' } } } })).rejects.toThrow(ConfigError);
  });

  it('applies what is live on reload, and tells what needs a restart', async () => {
    const config = { limits: { idle_seconds: 100 }, auth: { anonymous: false } };
    const server = await createTestServer({ config });
    try {
      config.limits.idle_seconds = 50;
      config.auth.anonymous = true;
      const changes = await server.reload();
      expect(changes.map(({ path, reload }) => [path, reload])).toEqual([
        ['auth.anonymous', 'restart'],
        ['limits.idle_seconds', 'live'],
      ]);
    } finally {
      await server.stop();
    }
  });

  it('frees its ports when it stops, and when it cannot start', async () => {
    const first = await createTestServer();
    const taken = [{ transport: 'tcp', port: first.port('tcp'), address: '127.0.0.1' }];
    await expect(createTestServer({ config: { listeners: taken } })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await first.stop();
    const second = await createTestServer({ config: { listeners: taken } });
    await second.stop();
  });
});
