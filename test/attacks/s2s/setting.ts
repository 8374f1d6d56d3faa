/** What the attacks between servers happen to: ours with two domains, an honest domain elsewhere, and an attacker's */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestServer, type TestServer } from '../../../src/testing.ts';
import { CertificateAuthority, type KeyAndCertificate, selfSignedServer } from '../../support/certificate-authority.ts';
import { DnsServer } from '../../support/dns-server.ts';
import { type LogLine, quietLog } from '../../support/quiet-log.ts';
import { type Pair, RawS2s, RawS2sServer } from '../../support/raw-s2s.ts';
import { User } from '../../support/user.ts';

export const OURS = 'ours.example';
/** Another host of ours. */
export const SECOND = 'second.example';
export const HONEST = 'honest.example';
export const EVIL = 'evil.example';

/** Nobody is waited for. */
const HASTY = { connect_seconds: 2, queue_seconds: 2, retry_seconds: 1 };

export interface Options {
  readonly s2s?: Readonly<Record<string, unknown>>;
  readonly limits?: Readonly<Record<string, unknown>>;
}

export class Setting {
  readonly server: TestServer;
  readonly dns: DnsServer;
  readonly authority: CertificateAuthority;
  /** Vouched for by the authority, for `honest.example`. */
  readonly honest: KeyAndCertificate;
  /** Vouched for by the authority, for `evil.example`. */
  readonly evil: KeyAndCertificate;
  readonly selfSigned: KeyAndCertificate;
  /** Where `honest.example` is found. */
  readonly honestServer: RawS2sServer;
  /** Where `evil.example` is found. */
  readonly evilServer: RawS2sServer;
  readonly lines: LogLine[];
  readonly #dir: string;
  readonly #streams: RawS2s[] = [];
  readonly #users: User[] = [];
  readonly #servers: RawS2sServer[] = [];
  #fresh = 0;
  readonly #good = (domain: string) => this.authority.issueToServer({ domains: [domain] });

  private constructor(parts: {
    server: TestServer;
    dns: DnsServer;
    authority: CertificateAuthority;
    certificates: Record<'honest' | 'evil' | 'selfSigned', KeyAndCertificate>;
    servers: Record<'honest' | 'evil', RawS2sServer>;
    lines: LogLine[];
    dir: string;
  }) {
    this.server = parts.server;
    this.dns = parts.dns;
    this.authority = parts.authority;
    this.honest = parts.certificates.honest;
    this.evil = parts.certificates.evil;
    this.selfSigned = parts.certificates.selfSigned;
    this.honestServer = parts.servers.honest;
    this.evilServer = parts.servers.evil;
    this.lines = parts.lines;
    this.#dir = parts.dir;
  }

  static async start(options: Options = {}): Promise<Setting> {
    const dir = mkdtempSync(join(tmpdir(), 'attacks-s2s-'));
    const dns = await DnsServer.listen();
    const authority = await CertificateAuthority.create('Authority of the test');
    const ours = await authority.issueToServer({ domains: [OURS, SECOND] });
    const certificates = {
      honest: await authority.issueToServer({ domains: [HONEST] }),
      evil: await authority.issueToServer({ domains: [EVIL] }),
      selfSigned: await selfSignedServer({ domains: [HONEST, EVIL] }),
    };
    const servers = {
      honest: await RawS2sServer.listen(HONEST, certificates.honest),
      evil: await RawS2sServer.listen(EVIL, certificates.evil),
    };
    dns.set('host.example', { type: 'A', address: '127.0.0.1' });
    dns.set(`_xmpp-server._tcp.${HONEST}`, { type: 'SRV', target: 'host.example', port: servers.honest.port });
    dns.set(`_xmpp-server._tcp.${EVIL}`, { type: 'SRV', target: 'host.example', port: servers.evil.port });
    writeFileSync(join(dir, 'authority.pem'), authority.certificate);
    writeFileSync(join(dir, 'ours.key'), ours.key);
    writeFileSync(join(dir, 'ours.crt'), ours.cert);
    const lines: LogLine[] = [];
    const server = await createTestServer({
      log: quietLog(lines),
      config: {
        hosts: { [OURS]: {}, [SECOND]: {} },
        listeners: [
          { transport: 'tcp', port: 0, address: '127.0.0.1', tls: 'off' },
          { transport: 's2s', port: 0, address: '127.0.0.1' },
        ],
        certificates: { key: join(dir, 'ours.key'), certificate: join(dir, 'ours.crt') },
        auth: { plain_without_tls: true },
        s2s: { dns: [dns.address], ca: join(dir, 'authority.pem'), ...HASTY, ...options.s2s },
        limits: { ...options.limits },
      },
    });
    await server.addUser('juliet', User.password);
    return new Setting({ server, dns, authority, certificates, servers, lines, dir });
  }

  /** A stream to ours of which nothing was sent yet. */
  async dial(pair: Pair = { from: EVIL, to: OURS }): Promise<RawS2s> {
    const stream = await RawS2s.dial(this.server.port('s2s'), pair);
    this.#streams.push(stream);
    return stream;
  }

  /** The attacker's, on TLS and authenticated with its own certificate as what it is. */
  async dialAuthenticated(to = OURS): Promise<RawS2s> {
    const stream = await this.dial({ from: EVIL, to });
    await stream.secure(this.evil);
    await stream.authenticateExternal();
    return stream;
  }

  /** A server for a domain that no test has seen before: what went wrong with others is of no consequence for it. */
  async newServer(certify = this.#good): Promise<RawS2sServer> {
    const domain = `fresh-${++this.#fresh}.example`;
    const server = await RawS2sServer.listen(domain, await certify(domain));
    this.dns.set(`_xmpp-server._tcp.${domain}`, { type: 'SRV', target: 'host.example', port: server.port });
    this.#servers.push(server);
    return server;
  }

  /** Somebody at ours who must not notice anything. */
  async juliet(): Promise<User> {
    const juliet = await User.logIn({ domain: OURS, port: this.server.port('tcp') }, 'juliet', 'balcony');
    this.#users.push(juliet);
    return juliet;
  }

  /** Ends what a test has begun. */
  clean(): void {
    for (const stream of this.#streams.splice(0)) stream.destroy();
    for (const user of this.#users.splice(0)) user.drop();
    for (const server of this.#servers.splice(0)) server.close();
    this.lines.length = 0;
  }

  async stop(): Promise<void> {
    this.clean();
    this.honestServer.close();
    this.evilServer.close();
    await this.server.stop();
    await this.dns.close();
    rmSync(this.#dir, { recursive: true });
  }
}
