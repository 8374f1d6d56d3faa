/** A server of another make, as a process of its own on a loopback address of its own */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { KeyAndCertificate } from '../../support/certificate-authority.ts';
import type { DnsServer } from '../../support/dns-server.ts';
import { freePort } from '../../support/free-port.ts';

/** How servers get to know that the other is who it says: by certificate (RFC 6120 §13.7), or by asking its domain (XEP-0220). */
export type Proof = 'EXTERNAL' | 'dialback';

export interface PeerOptions {
  /** The only proof it gives and takes. */
  readonly proof: Proof;
  /** Where it looks names up, and where its own are entered. */
  readonly dns: DnsServer;
  readonly certificate: KeyAndCertificate;
  /** PEM of the only authority it trusts. */
  readonly authority: string;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What the make of a server decides. */
export interface PeerMake {
  readonly name: string;
  readonly domain: string;
  /** Where other servers find it. */
  readonly host: string;
  /** Why it cannot run here; undefined when it can. */
  readonly missing: string | undefined;
  /** Writes its configuration into a directory and says how to start it. */
  prepare(setting: PeerSetting): Promise<Launch>;
}

export interface PeerSetting extends PeerOptions {
  readonly dir: string;
  readonly domain: string;
  readonly c2s: Address;
  readonly s2s: Address;
}

export interface Launch {
  readonly command: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
  /** In the directory. */
  readonly logFile: string;
}

const START_MS = 30_000;

export class Peer {
  readonly domain: string;
  readonly c2s: Address;
  readonly s2s: Address;
  readonly #dir: string;
  readonly #launch: Launch;
  #child: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();

  private constructor(setting: PeerSetting, launch: Launch) {
    this.domain = setting.domain;
    this.c2s = setting.c2s;
    this.s2s = setting.s2s;
    this.#dir = setting.dir;
    this.#launch = launch;
  }

  static async start(make: PeerMake, options: PeerOptions): Promise<Peer> {
    const dir = await mkdtemp(join(tmpdir(), `federation-${make.name}-`));
    const c2s = { host: '127.0.0.1', port: await freePort() };
    const s2s = { host: make.host, port: await freePort(make.host) };
    const setting = { ...options, dir, domain: make.domain, c2s, s2s };
    for (const domain of [make.domain, `conference.${make.domain}`]) {
      options.dns.set(`_xmpp-server._tcp.${domain}`, { type: 'SRV', target: `host.${make.domain}`, port: s2s.port });
    }
    options.dns.set(`host.${make.domain}`, { type: 'A', address: make.host });
    const peer = new Peer(setting, await make.prepare(setting));
    await peer.start();
    return peer;
  }

  /** On the data and the ports it had before. */
  async start(): Promise<void> {
    const { command, env } = this.#launch;
    const [program, ...args] = command;
    const child = spawn(program, args, { cwd: this.#dir, env: { ...process.env, ...env }, stdio: 'ignore' });
    this.#child = child;
    let hasEnded = false;
    this.#ended = once(child, 'exit').then(() => {
      hasEnded = true;
    });
    for (const begun = Date.now(); !(await answers(this.c2s)) || !(await answers(this.s2s)); await wait(50)) {
      if (hasEnded || Date.now() - begun > START_MS) {
        await this.end('SIGKILL');
        throw new Error(`${program} did not start:\n${(await this.log()).slice(-4_000)}`);
      }
    }
  }

  /** Resolves when it is gone. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.#child?.kill(signal);
    await this.#ended;
  }

  async log(): Promise<string> {
    return readFile(join(this.#dir, this.#launch.logFile), 'utf8').catch(() => '');
  }

  async close(): Promise<void> {
    await this.end('SIGKILL');
    await rm(this.#dir, { recursive: true });
  }
}

/** Whether somebody accepts connections there. */
function answers({ host, port }: Address): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
