/** `tharsis start` as a process of its own, for tests that signal or kill it */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { callServer } from '../../src/control/index.ts';

const runTypescript = fileURLToPath(new URL('./run-typescript.mjs', import.meta.url));
const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export interface RunningListener {
  readonly transport: string;
  readonly port: number;
  readonly tls?: string;
}

/** On the data directory `data` and the configuration `tharsis.yaml` of a directory. */
export class ServerProcess {
  readonly dataDir: string;
  /** The exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;
  #output = '';
  #errors = '';

  constructor(dir: string) {
    this.dataDir = join(dir, 'data');
    const child = spawn(process.execPath, [
      ...[runTypescript, main, 'start'],
      ...['--data', this.dataDir, '--config', join(dir, 'tharsis.yaml')],
    ]);
    this.#child = child;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text;
      child.emit('printed');
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
      child.emit('printed');
    });
    this.ended = once(child, 'close').then(([code]) => code);
  }

  /** What it printed on the standard error. */
  get errors(): string {
    return this.#errors;
  }

  /** Nobody reads any more what it prints. */
  stopReading(): void {
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves when it has printed what matches; fails when it ends without. */
  line(pattern: RegExp): Promise<void> {
    return this.#printed(() => this.#output, pattern);
  }

  /** The same on the standard error. */
  errorLine(pattern: RegExp): Promise<void> {
    return this.#printed(() => this.#errors, pattern);
  }

  async #printed(text: () => string, pattern: RegExp): Promise<void> {
    const ended = this.ended.then(() => true);
    for (let isOver = false; !new RegExp(pattern, 'm').test(text()); ) {
      if (isOver) throw new Error(`ended without ${pattern}: ${this.#errors}`);
      isOver = await Promise.race([once(this.#child, 'printed').then(() => false), ended]);
    }
  }

  /** Resolves with the listeners, in the order of the configuration, when the server serves. */
  async serving(): Promise<readonly RunningListener[]> {
    await this.line(/^Stop it:/);
    const { listeners } = (await this.command('server.status')) as { readonly listeners: RunningListener[] };
    return listeners;
  }

  /** Through the command socket. */
  command(name: string, input: object = {}): Promise<unknown> {
    return callServer(this.dataDir, name, input);
  }
}
