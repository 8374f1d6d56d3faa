/** RFC 6120 §3.2, XEP-0368: where a server is, asked of a name server of the test */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DnsServer } from '../../test/support/dns-server.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { Dns } from './dns.ts';
import { resolveServer } from './resolve.ts';
import { Trace } from './trace.ts';

let server: DnsServer;
let dns: Dns;
let trace: Trace;
const clock = new ManualClock();
beforeEach(async () => {
  server = await DnsServer.listen();
  dns = new Dns([server.address], clock);
  trace = new Trace(clock);
});
afterEach(() => server.close());

const srv = (target: string, port: number, priority = 0) => ({ type: 'SRV', target, port, priority }) as const;
const resolve = (domain: string, servers: Record<string, string> = {}) =>
  resolveServer(domain, { dns, servers, random: () => 0 }, trace);

describe('the server of a domain', () => {
  it('is where its records say, those for direct TLS among the others, by priority', async () => {
    server.set('_xmpp-server._tcp.a.example', srv('x.a.example', 5269, 5), srv('y.a.example', 5299, 20));
    server.set('_xmpps-server._tcp.a.example', srv('x.a.example', 5270, 10));
    expect(await resolve('a.example')).toEqual({
      list: [
        { host: 'x.a.example', port: 5269, tls: 'starttls' },
        { host: 'x.a.example', port: 5270, tls: 'direct' },
        { host: 'y.a.example', port: 5299, tls: 'starttls' },
      ],
      isFallback: false,
    });
  });

  it('is at the domain itself without records', async () => {
    expect(await resolve('a.example')).toEqual({
      list: [{ host: 'a.example', port: 5269, tls: 'starttls' }],
      isFallback: true,
    });
  });

  it('is at the domain itself too when nobody answers for its records (§3.2.1 rule 7)', async () => {
    server.fail('_xmpp-server._tcp.a.example', 'SERVFAIL');
    server.fail('_xmpps-server._tcp.a.example', 'SERVFAIL');
    expect((await resolve('a.example')).isFallback).toBe(true);
    expect(trace.steps.map(({ text }) => text)).toContain(
      'DNS SRV _xmpp-server._tcp.a.example: the DNS server failed (SERVFAIL)',
    );
  });

  it('is not there when the record says so, and nothing else is tried', async () => {
    server.set('_xmpp-server._tcp.a.example', srv('', 0));
    await expect(resolve('a.example')).rejects.toMatchObject({ condition: 'remote-server-not-found', isFinal: true });
  });

  it('is there with STARTTLS when the record says only that there is no direct TLS', async () => {
    server.set('_xmpps-server._tcp.a.example', srv('', 0));
    server.set('_xmpp-server._tcp.a.example', srv('x.a.example', 5269));
    expect((await resolve('a.example')).list).toEqual([{ host: 'x.a.example', port: 5269, tls: 'starttls' }]);
  });

  it('is looked up by A-labels', async () => {
    server.set('_xmpp-server._tcp.xn--bcher-kva.example', srv('x.example', 5269));
    expect((await resolve('bücher.example')).isFallback).toBe(false);
  });

  it('is where the configuration says, and DNS is not asked', async () => {
    expect(await resolve('a.example', { 'a.example': 'tls://[::1]:5270' })).toEqual({
      list: [{ host: '::1', port: 5270, tls: 'direct' }],
      isFallback: false,
    });
    expect(server.questions).toEqual([]);
  });

  it('is at the address that the domain is', async () => {
    expect((await resolve('[::1]')).list).toEqual([{ host: '::1', port: 5269, tls: 'starttls' }]);
    expect(server.questions).toEqual([]);
  });
});

describe('an answer', () => {
  it('is kept for its time to live, and asked for again after that', async () => {
    server.set('x.example', { type: 'A', address: '127.0.0.1', ttl: 20 });
    const asked = () => server.questions.filter((question) => question === 'A x.example').length;
    expect(await dns.addresses('x.example')).toEqual([{ address: '127.0.0.1', family: 4 }]);
    clock.advance(19_000);
    await dns.addresses('x.example');
    expect(asked()).toBe(1);
    clock.advance(2_000);
    await dns.addresses('x.example');
    expect(asked()).toBe(2);
  });

  it('that is a failure is not kept', async () => {
    server.fail('x.example', 'REFUSED');
    await expect(dns.addresses('x.example')).rejects.toThrow('refused');
    server.fail('x.example', undefined);
    server.set('x.example', { type: 'AAAA', address: '::1' });
    expect(await dns.addresses('x.example')).toEqual([{ address: '::1', family: 6 }]);
  });

  it('is asked for once by all who wait for it', async () => {
    server.set('x.example', { type: 'A', address: '127.0.0.1' });
    await Promise.all([dns.addresses('x.example'), dns.addresses('x.example')]);
    expect(server.questions.filter((question) => question === 'A x.example')).toHaveLength(1);
  });
});
