/**
 * A client in a process of its own, spoken to in JSON, one object a line. To it: `{id, do, ...arguments}`, where `do` is a
 * method of RestingDevice, Survivor or Moderator. From it: `{id, result}` or `{id, error}` for each, and `{seen: Sight}` whenever there is something to see.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type Account, type Moderator, PATIENCE_MS, type RestingDevice, type Sight, type Survivor } from './client.ts';
import { Sightings } from './sightings.ts';

interface Line {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
  readonly seen?: Sight;
}

type Settle = (line: Line) => void;

export class ChildClient implements RestingDevice, Survivor, Moderator {
  readonly jid: string;
  readonly #login: object;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #exited: Promise<unknown>;
  readonly #sightings = new Sightings();
  readonly #pending = new Map<number, Settle>();
  #complaints = '';
  #lastId = 0;

  /** `connection` reaches the child with the account when it is to log in. */
  constructor(
    command: readonly [string, ...string[]],
    account: Account,
    connection: object,
    env: NodeJS.ProcessEnv = {},
  ) {
    const [file, ...args] = command;
    this.jid = account.jid;
    this.#login = { ...account, ...connection };
    this.#child = spawn(file, args, { env: { ...process.env, ...env } });
    this.#exited = once(this.#child, 'close').then(() => this.#fail(`${file} has ended`));
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#complaints += text;
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#read(line));
  }

  async login(): Promise<string> {
    return String(await this.#ask('login', this.#login));
  }

  async addContact(jid: string): Promise<void> {
    await this.#ask('addContact', { jid });
  }

  async requestSubscription(jid: string): Promise<void> {
    await this.#ask('requestSubscription', { jid });
  }

  async acceptSubscription(jid: string): Promise<void> {
    await this.#ask('acceptSubscription', { jid });
  }

  async announce(status: string): Promise<void> {
    await this.#ask('announce', { status });
  }

  async say(jid: string, body: string): Promise<void> {
    await this.#ask('say', { jid, body });
  }

  async enableCarbons(): Promise<void> {
    await this.#ask('enableCarbons', {});
  }

  async history(jid: string, size: number): Promise<readonly string[]> {
    return (await this.#ask('history', { jid, size })) as readonly string[];
  }

  async rest(): Promise<void> {
    await this.#ask('rest', {});
  }

  async wake(): Promise<void> {
    await this.#ask('wake', {});
  }

  async address(): Promise<string> {
    return String(await this.#ask('address', {}));
  }

  async resume(): Promise<void> {
    await this.#ask('resume', {});
  }

  async createRoom(jid: string, nick: string, name: string): Promise<void> {
    await this.#ask('createRoom', { jid, nick, name });
  }

  async enterRoom(jid: string, nick: string): Promise<void> {
    await this.#ask('enterRoom', { jid, nick });
  }

  async invite(jid: string, contact: string): Promise<void> {
    await this.#ask('invite', { jid, contact });
  }

  async speak(jid: string, body: string): Promise<void> {
    await this.#ask('speak', { jid, body });
  }

  async kick(jid: string, nick: string): Promise<void> {
    await this.#ask('kick', { jid, nick });
  }

  async leaveRoom(jid: string): Promise<void> {
    await this.#ask('leaveRoom', { jid });
  }

  async moderate(jid: string, body: string): Promise<void> {
    await this.#ask('moderate', { jid, body });
  }

  async roomHistory(jid: string, size: number): Promise<readonly string[]> {
    return (await this.#ask('roomHistory', { jid, size })) as readonly string[];
  }

  async logout(): Promise<void> {
    await this.#ask('logout', {});
  }

  hasSeen(sight: Sight): boolean {
    return this.#sightings.has(sight);
  }

  async sees(sight: Sight): Promise<void> {
    await this.#sightings.sees(sight).catch((error: Error) => {
      throw new Error(`${this.jid} ${error.message}\n${this.#complaints}`);
    });
  }

  async close(): Promise<void> {
    this.#child.stdin.end();
    this.#child.kill();
    await this.#exited;
  }

  #ask(what: string, details: object): Promise<unknown> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      const settle: Settle = ({ result, error }) => {
        clearTimeout(timer);
        this.#pending.delete(id);
        if (error === undefined) resolve(result);
        else
          reject(new Error(`${this.jid} could not ${what}: ${error}; seen:\n${this.#sightings}\n${this.#complaints}`));
      };
      const timer = setTimeout(() => settle({ id, error: 'no answer' }), PATIENCE_MS);
      this.#pending.set(id, settle);
      this.#child.stdin.write(`${JSON.stringify({ id, do: what, ...details })}\n`);
    });
  }

  #read(text: string): void {
    const line = JSON.parse(text) as Line;
    if (line.seen !== undefined) this.#sightings.note(line.seen);
    else this.#pending.get(line.id)?.(line);
  }

  #fail(error: string): void {
    for (const [id, settle] of this.#pending) settle({ id, error });
  }
}
