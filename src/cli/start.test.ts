import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ServerProcess } from '../../test/support/server-process.ts';

let dir: string;
const running: ServerProcess[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tharsis-start-'));
});
afterEach(async () => {
  for (const tharsis of running.splice(0)) tharsis.kill('SIGKILL');
  await rm(dir, { recursive: true });
});

function start(): ServerProcess {
  const tharsis = new ServerProcess(dir);
  running.push(tharsis);
  return tharsis;
}

const configure = (...lines: string[]) => writeFile(join(dir, 'tharsis.yaml'), lines.join('\n'));
const ANY_PORT = 'listeners: [{transport: tcp, port: 0, address: 127.0.0.1}]';

describe('tharsis start', () => {
  it('says what to do next, answers commands, reloads on SIGHUP and ends with 0 on SIGTERM', async () => {
    await configure(ANY_PORT, 'log: {level: error}');
    const tharsis = start();
    await tharsis.line(/^Make an account: +npx tharsis user add alice@localhost --data /);
    await tharsis.line(/^ {2}tcp +127\.0\.0\.1:\d{2,} +STARTTLS required$/);
    await tharsis.line(/^Stop it:/);
    const [listener] = await tharsis.serving();
    expect(listener?.port).toBeGreaterThan(0);
    await configure(ANY_PORT, 'log: {level: warn}');
    tharsis.kill('SIGHUP');
    await tharsis.line(/^log\.level: "error" -> "warn" \(applied\)$/);
    tharsis.kill('SIGTERM');
    expect(await tharsis.ended).toBe(0);
    expect(tharsis.errors).toBe('');
  });

  it('ends with 0 when it is told to stop by command', async () => {
    await configure(ANY_PORT, 'log: {level: error}');
    const tharsis = start();
    await tharsis.line(/^Stop it:/);
    await tharsis.command('server.stop');
    expect(await tharsis.ended).toBe(0);
  });

  it('goes on when nobody reads any more what it prints', async () => {
    await configure(ANY_PORT, 'log: {level: error}');
    const tharsis = start();
    await tharsis.serving();
    tharsis.stopReading();
    for (const level of ['loud', 'warn']) {
      await configure(ANY_PORT, `log: {level: ${level}}`);
      tharsis.kill('SIGHUP');
    }
    await expect
      .poll(async () => (await tharsis.command('server.reload')) as object, { interval: 20, timeout: 5_000 })
      .toEqual({ changes: [] });
    tharsis.kill('SIGTERM');
    expect(await tharsis.ended).toBe(0);
  });

  it('refuses a second start on the same data, and the first goes on', async () => {
    await configure(ANY_PORT, 'log: {level: error}');
    const first = start();
    await first.line(/^Stop it:/);
    const second = start();
    expect(await second.ended).toBe(1);
    expect(second.errors).toMatch(/^tharsis: another server is running on .*data: stop it first[^\n]*\n$/);
    await first.command('server.status');
  });

  it('says in one line that a port is taken or that the configuration is wrong', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    await configure(`listeners: [{transport: tcp, port: ${port}, address: 127.0.0.1}]`);
    const taken = start();
    expect(await taken.ended).toBe(1);
    expect(taken.errors).toMatch(new RegExp(`^tharsis: port ${port} is taken by another program: [^\n]*\n$`));
    other.close();
    await configure('listeners:', '  - {transport: tcp, prot: 5222}');
    const wrong = start();
    expect(await wrong.ended).toBe(1);
    expect(wrong.errors).toContain('tharsis.yaml:2: listeners[0].prot: unknown option (did you mean port?)\n');
  });
});
