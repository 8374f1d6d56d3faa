import { Resolver } from 'node:dns/promises';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { DnsServer } from './dns-server.ts';

let dns: DnsServer;
let resolver: Resolver;

beforeAll(async () => {
  dns = await DnsServer.listen();
  resolver = new Resolver({ timeout: 200, tries: 1 });
  resolver.setServers([dns.address]);
  dns.set('_xmpp-server._tcp.a.example', { type: 'SRV', target: 'host.a.example', port: 5269, priority: 5, weight: 7 });
  dns.set(
    'host.a.example',
    { type: 'A', address: '127.0.0.2', ttl: 60 },
    { type: 'AAAA', address: '::1' },
    { type: 'AAAA', address: '2001:db8::5:6' },
  );
});
afterEach(() => {
  dns.truncatesUdp = false;
});
afterAll(() => dns.close());

async function answers(): Promise<void> {
  expect(await resolver.resolveSrv('_xmpp-server._tcp.A.example')).toEqual([
    { name: 'host.a.example', port: 5269, priority: 5, weight: 7 },
  ]);
  expect(await resolver.resolve4('host.a.example', { ttl: true })).toEqual([{ address: '127.0.0.2', ttl: 60 }]);
  expect(await resolver.resolve6('host.a.example')).toEqual(['::1', '2001:db8::5:6']);
}

it('answers over UDP', answers);

it('answers over TCP when the answer over UDP was cut', async () => {
  dns.truncatesUdp = true;
  await answers();
});

it('tells a name without such records from one that does not exist', async () => {
  await expect(resolver.resolveSrv('host.a.example')).rejects.toMatchObject({ code: 'ENODATA' });
  await expect(resolver.resolve4('a.example')).rejects.toMatchObject({ code: 'ENODATA' });
  await expect(resolver.resolve4('b.example')).rejects.toMatchObject({ code: 'ENOTFOUND' });
});

it('fails as it is told', async () => {
  dns.fail('host.a.example', 'SERVFAIL');
  await expect(resolver.resolve4('host.a.example')).rejects.toMatchObject({ code: 'ESERVFAIL' });
  dns.fail('host.a.example', 'silence');
  await expect(resolver.resolve4('host.a.example')).rejects.toMatchObject({ code: 'ETIMEOUT' });
  dns.fail('host.a.example', undefined);
  expect(await resolver.resolve4('host.a.example')).toEqual(['127.0.0.2']);
  expect(dns.questions.at(-1)).toBe('A host.a.example');
});
