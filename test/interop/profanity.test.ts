/** Debian's Profanity, a client for the terminal, used as its user does: keys go in, the screen comes out */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { type Account, type Guest, PATIENCE_MS, type Sight } from './client.ts';
import { describeClient, describeGuests } from './describe-client.ts';
import type { InteropServer } from './server.ts';

const absent = [['profanity', '--version'] as const, ['tmux', '-V'] as const]
  .filter(([program, option]) => spawnSync(program, [option]).status !== 0)
  .map(([program]) => program);

const ways = {
  'over TCP with STARTTLS': ({ startTls }: InteropServer, account: Account) => new ProfanityClient(account, startTls),
};
const missing = absent.length > 0 ? `${absent.join(' and ')} not installed` : undefined;

describeClient('Profanity', ways, missing);
describeGuests('Profanity', ways, missing);

class ProfanityClient implements Guest {
  readonly jid: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'interop-profanity-'));
  readonly #log = join(this.#folder, 'log');

  constructor({ jid, password }: Account, port: number) {
    this.jid = jid;
    mkdirSync(join(this.#folder, 'profanity'));
    // The policy `trust` still insists on TLS, but takes a certificate that nobody vouches for.
    writeFileSync(
      join(this.#folder, 'profanity', 'accounts'),
      `[${jid}]\njid=${jid}\npassword=${password}\nserver=127.0.0.1\nport=${port}\ntls.policy=trust\nenabled=true\n`,
    );
  }

  async login(): Promise<string> {
    // So many lines that nothing leaves the screen.
    const size = ['-x', '200', '-y', '200'];
    this.#tmux('new-session', '-d', ...size, 'profanity', '-a', this.jid, '-l', 'DEBUG', '-f', this.#log);
    await this.#shows('logged in successfully');
    return /SENT: <auth [^>]*mechanism="([^"]+)"/.exec(readFileSync(this.#log, 'utf8'))?.[1] ?? 'none';
  }

  async addContact(jid: string): Promise<void> {
    this.#type(`/roster add ${jid}`);
    await this.#shows(`Roster item added: ${jid}`);
  }

  async requestSubscription(jid: string): Promise<void> {
    this.#type(`/sub request ${jid}`);
  }

  async acceptSubscription(jid: string): Promise<void> {
    this.#type(`/sub allow ${jid}`);
  }

  async announce(status: string): Promise<void> {
    this.#type(`/status set away "${status}"`);
  }

  async say(jid: string, body: string): Promise<void> {
    this.#type(`/msg ${jid} ${body}`);
  }

  async createRoom(jid: string, nick: string, name: string): Promise<void> {
    this.#type(`/join ${jid} nick ${nick}`);
    await this.#shows('Room locked');
    this.#type('/room config');
    await this.#shows('Make Room Persistent?');
    this.#type(`/${this.#field('Natural-Language Room Name')} ${name}`);
    this.#type(`/${this.#field('Make Room Persistent?')} on`);
    this.#type('/form submit');
    await this.#shows('Room configuration successful');
  }

  async enterRoom(jid: string, nick: string): Promise<void> {
    this.#type(`/join ${jid} nick ${nick}`);
    await this.#shows(`-> You have joined the room as ${nick}`);
  }

  async invite(jid: string, contact: string): Promise<void> {
    this.#open(jid);
    this.#type(`/invite send ${contact}`);
  }

  async speak(jid: string, body: string): Promise<void> {
    this.#open(jid);
    this.#type(body);
  }

  async kick(jid: string, nick: string): Promise<void> {
    this.#open(jid);
    this.#type(`/kick ${nick}`);
  }

  async leaveRoom(jid: string): Promise<void> {
    this.#open(jid);
    this.#type('/close');
  }

  async logout(): Promise<void> {
    this.#type('/quit');
    await this.#until(() => this.#screen() === undefined);
  }

  async sees(sight: Sight): Promise<void> {
    const { kind, jid } = sight;
    if (kind === 'message') {
      this.#type(`/msg ${jid}`);
      return this.#shows(`${jid}/`, `: ${sight.body}`);
    }
    this.#type('/win 1');
    if (kind === 'contact') return this.#until(() => this.#subscription(jid) === sight.subscription);
    if (kind === 'request') return this.#shows(`Received authorization request from ${jid}`);
    if (kind === 'unavailable') return this.#shows(`-- ${jid}`, 'is offline');
    if ('nick' in sight) {
      this.#open(jid);
      if (kind === 'spoken') return this.#shows(`${sight.nick}: ${sight.body}`);
      return this.#until(() => this.#isInside(sight.nick) === (kind === 'entered'));
    }
    if (kind === 'invitation') return this.#shows(`Use '/join ${jid}' to accept the invitation`);
    if (kind === 'kicked') return this.#shows('Kicked from', jid);
    if (kind === 'retracted') throw new Error('Profanity knows nothing of retractions');
    if (kind === 'said') throw new Error('Profanity is the only client of its account here');
    if (sight.status === '') return this.#shows(`++ ${jid}`, 'is online');
    return this.#shows(jid, 'is away', `"${sight.status}"`);
  }

  async close(): Promise<void> {
    this.#tmux('kill-server');
    rmSync(this.#folder, { recursive: true });
  }

  #open(room: string): void {
    this.#type(`/win ${room}`);
  }

  /** The list of occupants is at the right of the room. */
  #isInside(nick: string): boolean {
    return this.#screen()?.some((line) => line.trimEnd().endsWith(`  ${nick}`)) === true;
  }

  /** The name under which a field of the form on the screen is filled in. */
  #field(label: string): string {
    const line = this.#screen()?.find((text) => text.includes(label)) ?? '';
    const [, field = ''] = /\[(field\d+)\]/.exec(line) ?? [];
    return field;
  }

  #type(line: string): void {
    this.#tmux('send-keys', '-l', line);
    this.#tmux('send-keys', 'Enter');
  }

  /** Waits until one line of the screen has all the parts. */
  #shows(...parts: string[]): Promise<void> {
    return this.#until(() => this.#screen()?.some((line) => parts.every((part) => line.includes(part))) === true);
  }

  /** The user has to ask for it again and again: Profanity does not say when it changes. */
  #subscription(jid: string): string | undefined {
    this.#type(`/sub show ${jid}`);
    const answer = `${jid} subscription status: `;
    const line = this.#screen()?.findLast((text) => text.includes(answer));
    return line && /status: (\w+)/.exec(line)?.[1];
  }

  async #until(holds: () => boolean): Promise<void> {
    const check = (): void => {
      if (!holds()) throw new Error(`${this.jid} does not see it:\n${this.#screen()?.join('\n')}`);
    };
    await vi.waitFor(check, { timeout: PATIENCE_MS, interval: 100 });
  }

  /** Undefined when Profanity has ended. */
  #screen(): string[] | undefined {
    const { status, stdout } = this.#tmux('capture-pane', '-p');
    return status === 0 ? stdout.split('\n').filter((line) => line.trim() !== '') : undefined;
  }

  #tmux(...args: string[]) {
    const env = { ...process.env, LC_ALL: 'C.UTF-8', XDG_CONFIG_HOME: this.#folder, XDG_DATA_HOME: this.#folder };
    return spawnSync('tmux', ['-u', '-S', join(this.#folder, 'tmux'), ...args], { env, encoding: 'utf8' });
  }
}
