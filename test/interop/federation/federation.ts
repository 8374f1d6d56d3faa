/** Ours and a server of another make, each with a certificate and with users, who find each other by the name server of the test */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestServer, type TestServer } from '../../../src/testing.ts';
import { CertificateAuthority, type KeyAndCertificate, selfSignedServer } from '../../support/certificate-authority.ts';
import { DnsServer } from '../../support/dns-server.ts';
import { type Home, User } from '../../support/user.ts';
import { Peer, type PeerMake, type Proof } from './peer.ts';

export const OURS = 'ours.example';

/** Makes a certificate for a domain and what is below it. */
export type Certify = (authority: CertificateAuthority, domains: readonly string[]) => Promise<KeyAndCertificate>;

export interface FederationOptions {
  readonly proof: Proof;
  /** Default: good ones for EXTERNAL, self-signed ones for dialback. */
  readonly certificates?: { readonly ours?: Certify; readonly peer?: Certify };
  readonly s2s?: Readonly<Record<string, unknown>>;
}

const good: Certify = (authority, domains) => authority.issueToServer({ domains });
const selfSigned: Certify = (_, domains) => selfSignedServer({ domains });

export class Federation {
  readonly peer: Peer;
  readonly ours: TestServer;
  readonly dns: DnsServer;
  readonly #dir: string;
  readonly #users: User[] = [];
  readonly #registered = new Set<string>();

  private constructor(peer: Peer, ours: TestServer, dns: DnsServer, dir: string) {
    this.peer = peer;
    this.ours = ours;
    this.dns = dns;
    this.#dir = dir;
  }

  static async start(make: PeerMake, { proof, certificates = {}, s2s = {} }: FederationOptions): Promise<Federation> {
    const dir = mkdtempSync(join(tmpdir(), 'federation-ours-'));
    const dns = await DnsServer.listen();
    const authority = await CertificateAuthority.create('Authority of the test');
    const usual = proof === 'EXTERNAL' ? good : selfSigned;
    const own = await (certificates.ours ?? usual)(authority, withRooms(OURS));
    const theirs = await (certificates.peer ?? usual)(authority, withRooms(make.domain));
    const files = { 'own.key': own.key, 'own.crt': own.cert, 'authority.pem': authority.certificate };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
    const ours = await createTestServer({
      config: {
        hosts: { [OURS]: {} },
        listeners: [
          { transport: 'tcp', port: 0, address: '127.0.0.1', tls: 'off' },
          { transport: 's2s', port: 0, address: '127.0.0.1' },
        ],
        certificates: { key: join(dir, 'own.key'), certificate: join(dir, 'own.crt') },
        auth: { plain_without_tls: true },
        s2s: {
          dns: [dns.address],
          ca: join(dir, 'authority.pem'),
          dialback: proof === 'dialback',
          retry_seconds: 1,
          ...s2s,
        },
      },
    });
    for (const domain of withRooms(OURS)) {
      // Debian's ejabberd asks its name server for services, and the system for addresses.
      dns.set(`_xmpp-server._tcp.${domain}`, { type: 'SRV', target: 'localhost', port: ours.port('s2s') });
    }
    dns.set('localhost', { type: 'A', address: '127.0.0.1' });
    try {
      const options = { proof, dns, certificate: theirs, authority: authority.certificate };
      return new Federation(await Peer.start(make, options), ours, dns, dir);
    } catch (error) {
      await ours.stop();
      await dns.close();
      throw error;
    }
  }

  /** Logs in somebody of ours; the account is made if need be. */
  async local(username: string, resource = 'ours'): Promise<User> {
    const home = { domain: OURS, port: this.ours.port('tcp') };
    return this.#logIn(home, username, resource, () => this.ours.addUser(username, User.password));
  }

  /** The same, of the peer. */
  async remote(username: string, resource = 'theirs'): Promise<User> {
    const home = { domain: this.peer.domain, port: this.peer.c2s.port };
    return this.#logIn(home, username, resource, () => User.register(home, username));
  }

  /** How each stream with the peer was proved, by its direction. */
  async proofs(): Promise<readonly string[]> {
    const { streams } = (await this.ours.commands.run('s2s.list', { domain: this.peer.domain })) as {
      readonly streams: readonly { readonly direction: string; readonly proof?: string; readonly tls?: string }[];
    };
    return streams.map(({ direction, proof, tls }) => `${direction} ${proof} ${tls}`).sort();
  }

  /** Logs everybody out. */
  async part(): Promise<void> {
    for (const user of this.#users.splice(0)) user.close();
  }

  async stop(): Promise<void> {
    await this.part();
    await this.peer.close();
    await this.ours.stop();
    await this.dns.close();
    rmSync(this.#dir, { recursive: true });
  }

  async #logIn(home: Home, username: string, resource: string, register: () => Promise<void>): Promise<User> {
    const account = `${username}@${home.domain}`;
    if (!this.#registered.has(account)) {
      await register();
      this.#registered.add(account);
    }
    const user = await User.logIn(home, username, resource);
    this.#users.push(user);
    return user;
  }
}

function withRooms(domain: string): string[] {
  return [domain, `conference.${domain}`];
}
