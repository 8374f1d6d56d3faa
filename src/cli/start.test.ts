import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { callServer } from '../control/index.ts';

const runTypescript = fileURLToPath(new URL('../../test/support/run-typescript.mjs', import.meta.url));
const main = fileURLToPath(new URL('../main.ts', import.meta.url));

let dir: string;
const running: ChildProcess[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tharsis-start-'));
});
afterEach(async () => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
  await rm(dir, { recursive: true });
});

/** A server as a process of its own, on the data directory `data` and the configuration given. */
class Tharsis {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly ended: Promise<number | null>;
  #errors = '';

  constructor() {
    const child = spawn(process.execPath, [
      ...[runTypescript, main, 'start'],
      ...['--data', join(dir, 'data'), '--config', join(dir, 'tharsis.yaml')],
    ]);
    running.push(child);
    this.#child = child;
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.#lines.push(line);
      child.emit('line');
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
    });
    this.ended = once(child, 'close').then(([code]) => code);
  }

  get errors(): string {
    return this.#errors;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** The first line printed that is like this; fails when the process ends without it. */
  async line(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = this.#lines.find((line) => pattern.test(line));
      if (found !== undefined) return found;
      const isOver = await Promise.race([once(this.#child, 'line').then(() => false), this.ended.then(() => true)]);
      if (isOver && !this.#lines.some((line) => pattern.test(line))) {
        throw new Error(`ended without ${pattern}: ${this.#errors}`);
      }
    }
  }
}

const configure = (...lines: string[]) => writeFile(join(dir, 'tharsis.yaml'), lines.join('\n'));
const ANY_PORT = 'listeners: [{transport: tcp, port: 0, address: 127.0.0.1}]';

describe('tharsis start', () => {
  it('says what to do next, answers commands, reloads on SIGHUP and ends with 0 on SIGTERM', async () => {
    await configure(ANY_PORT, 'log: {level: error}');
    const tharsis = new Tharsis();
    await tharsis.line(/^Make an account: +npx tharsis user add alice@localhost --data /);
    await tharsis.line(/^ {2}tcp +127\.0\.0\.1:\d{2,} +STARTTLS required$/);
    await tharsis.line(/^Stop it:/);
    const status = (await callServer(join(dir, 'data'), 'server.status', {})) as { listeners: { port: number }[] };
    expect(status.listeners[0]?.port).toBeGreaterThan(0);
    await configure(ANY_PORT, 'log: {level: warn}');
    tharsis.kill('SIGHUP');
    await tharsis.line(/^log\.level: "error" -> "warn" \(applied\)$/);
    tharsis.kill('SIGTERM');
    expect(await tharsis.ended).toBe(0);
    expect(tharsis.errors).toBe('');
  });

  it('ends with 0 when it is told to stop by command', async () => {
    await configure(ANY_PORT, 'log: {level: error}');
    const tharsis = new Tharsis();
    await tharsis.line(/^Stop it:/);
    await callServer(join(dir, 'data'), 'server.stop', {});
    expect(await tharsis.ended).toBe(0);
  });

  it('refuses a second start on the same data, and the first goes on', async () => {
    await configure(ANY_PORT, 'log: {level: error}');
    const first = new Tharsis();
    await first.line(/^Stop it:/);
    const second = new Tharsis();
    expect(await second.ended).toBe(1);
    expect(second.errors).toMatch(/^tharsis: another server is running on .*data: stop it first[^\n]*\n$/);
    await callServer(join(dir, 'data'), 'server.status', {});
  });

  it('says in one line that a port is taken or that the configuration is wrong', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    await configure(`listeners: [{transport: tcp, port: ${port}, address: 127.0.0.1}]`);
    const taken = new Tharsis();
    expect(await taken.ended).toBe(1);
    expect(taken.errors).toMatch(new RegExp(`^tharsis: port ${port} is taken by another program: [^\n]*\n$`));
    other.close();
    await configure('listeners:', '  - {transport: tcp, prot: 5222}');
    const wrong = new Tharsis();
    expect(await wrong.ended).toBe(1);
    expect(wrong.errors).toContain('tharsis.yaml:2: listeners[0].prot: unknown option (did you mean port?)\n');
  });
});
