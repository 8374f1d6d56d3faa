/** One server of the line, as a process of its own, reached by the others over links that can be cut */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CertificateAuthority } from '../../support/certificate-authority.ts';
import { ServerProcess } from '../../support/server-process.ts';
import { CuttingProxy } from '../loss/cutting-proxy.ts';
import { PASSWORD } from './resident.ts';

/** Notices soon when a link is dead and nobody said so, and has room for what waits meanwhile. */
const configuration = (domain: string, neighbours: ReadonlyMap<string, number>) => `
log: {level: error}
limits: {ping_seconds: 1, login_seconds: 300}
auth: {plain_without_tls: true}
certificates: {key: own.key, certificate: own.crt}
listeners:
  - {transport: tcp, port: 0, address: 127.0.0.1, tls: off}
  - {transport: s2s, port: 0, address: 127.0.0.1}
s2s:
  ca: authority.pem
  dialback: false
  allow: [${[...neighbours.keys()].join(', ')}]
  retry_seconds: 1
  bytes_per_second: 1073741824
  queue_stanzas: 1000000
  queue_bytes: 1073741824
  servers:
${[...neighbours].map(([neighbour, port]) => `    ${neighbour}: 127.0.0.1:${port}`).join('\n')}
hosts:
  ${domain}:
    modules: {roster: {max_items: 100000}, presence: {}, disco: {}, offline: {}, stream-management: {}}
`;

export class Instance {
  readonly domain: string;
  readonly #dir: string;
  /** On the way to each neighbour. */
  readonly links = new Map<string, CuttingProxy>();
  #process: ServerProcess | undefined;
  #clientPort = 0;
  #serverPort = 0;

  constructor(dir: string, domain: string) {
    this.domain = domain;
    this.#dir = join(dir, domain);
    mkdirSync(this.#dir);
  }

  get clientPort(): number {
    return this.#clientPort;
  }

  get serverPort(): number {
    return this.#serverPort;
  }

  async prepare(authority: CertificateAuthority, neighbours: readonly string[]): Promise<void> {
    for (const neighbour of neighbours) this.links.set(neighbour, await CuttingProxy.listen());
    const { key, cert } = await authority.issueToServer({ domains: [this.domain] });
    const ports = new Map([...this.links].map(([neighbour, proxy]) => [neighbour, proxy.port]));
    for (const [name, text] of Object.entries({
      'own.key': key,
      'own.crt': cert,
      'authority.pem': authority.certificate,
      'tharsis.yaml': configuration(this.domain, ports),
    })) {
      writeFileSync(join(this.#dir, name), text);
    }
  }

  async start(): Promise<void> {
    this.#process = new ServerProcess(this.#dir);
    const listeners = await this.#process.serving();
    const portOf = (wanted: string) => listeners.find(({ transport }) => transport === wanted)?.port ?? 0;
    this.#clientPort = portOf('tcp');
    this.#serverPort = portOf('s2s');
  }

  async addUser(username: string): Promise<void> {
    await this.command('user.add', { jid: `${username}@${this.domain}`, password: PASSWORD });
  }

  async command(name: string, input: object = {}): Promise<unknown> {
    if (this.#process === undefined) throw new Error(`${this.domain} is not started`);
    return this.#process.command(name, input);
  }

  /** What it complained of. */
  get errors(): string {
    return this.#process?.errors ?? '';
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.#process?.kill(signal);
    await this.#process?.ended;
  }

  async close(): Promise<void> {
    await this.end('SIGKILL');
    for (const proxy of this.links.values()) proxy.close();
  }
}
