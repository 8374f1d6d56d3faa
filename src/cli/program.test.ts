import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiTokens, CommandRegistry, createMemoryStorage } from '#core';
import { quietLog } from '../../test/support/quiet-log.ts';
import { TestHost } from '../../test/support/test-host.ts';
import { createCommands } from '../commands/index.ts';
import { type Control, openControl } from '../control/index.ts';
import { runProgram } from './program.ts';

let host: TestHost;
let dataDir: string;
let control: Control;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tharsis-cli-'));
  host = await TestHost.start([], ['romeo'], 'example.org');
  const commands = new CommandRegistry();
  const server = {
    router: host.host.router,
    commands,
    clock: host.clock,
    tokens: new ApiTokens(createMemoryStorage().stores(''), host.clock),
    stopping: new AbortController().signal,
    status: () => ({
      version: '1.2.3',
      startedAt: 0,
      uptimeSeconds: 7,
      listeners: [{ transport: 'tcp', address: '::', port: 5222, tls: 'required' }],
    }),
    reload: async () => [
      { path: 'log.level', steps: [], before: 'info', after: 'warn', reload: 'live' as const },
      { path: 'listeners[0].port', steps: [], before: 5222, after: 5999, reload: 'restart' as const },
    ],
    stop: async () => {},
  };
  for (const command of createCommands(server)) commands.add(command);
  control = await openControl({ dataDir, commands, log: quietLog() });
});
afterAll(async () => {
  await control.close();
  await rm(dataDir, { recursive: true });
});

async function tharsis(line: string, stdin = '') {
  const terminal = {
    input: Readable.from([stdin]),
    output: new PassThrough({ encoding: 'utf8' }),
    errors: new PassThrough({ encoding: 'utf8' }),
  };
  const code = await runProgram([...line.split(' '), '--data', dataDir], terminal);
  const { output, errors } = terminal;
  return { code, output: (output.read() as string | null) ?? '', errors: (errors.read() as string | null) ?? '' };
}

describe('the command line', () => {
  it('makes an account with the password from the standard input, without its line end', async () => {
    expect(await tharsis('user add juliet@example.org', 'pass word\n')).toEqual({
      code: 0,
      output: 'made juliet@example.org\n',
      errors: '',
    });
    expect(await host.host.accounts.verifyPassword('juliet', 'pass word')).toBe(true);
  });

  it('takes a password from the arguments as well', async () => {
    expect((await tharsis('user passwd romeo@example.org --password changed')).output).toBe(
      'set the password of romeo@example.org\n',
    );
    expect(await host.host.accounts.verifyPassword('romeo', 'changed')).toBe(true);
  });

  it('prints tables', async () => {
    host.connect('romeo', 'orchard');
    const { output } = await tharsis('session list romeo@example.org');
    const [heads, row] = output.split('\n');
    expect(heads).toMatch(/^JID {24}TRANSPORT {2}ADDRESS {4}TLS {2}AVAILABLE {2}PRIORITY {2}SINCE$/);
    expect(row).toMatch(
      /^romeo@example\.org\/orchard {2}test {7}192\.0\.2\.1 {2}yes {2}no {9}0 {9}2026-01-01T00:00:00.000Z$/,
    );
    expect((await tharsis('session kick romeo@example.org')).output).toBe('ended romeo@example.org/orchard\n');
  });

  it('takes what is done by default back with --no-', async () => {
    const kept: boolean[] = [];
    const stop = host.host.hooks.add('host:arrived', 'observe', ({ stanza }) => {
      if (stanza?.type === 'normal') kept.push(stanza.child('no-store', 'urn:xmpp:hints') === undefined);
    });
    expect(await tharsis('message send romeo@example.org Hello')).toMatchObject({ code: 0, errors: '' });
    expect((await tharsis('message send romeo@example.org Hello --no-store')).output).toBe(
      'sent to romeo@example.org\n',
    );
    stop();
    expect(kept).toEqual([true, false]);
  });

  it('prints what a reload did and what needs a restart', async () => {
    expect((await tharsis('reload')).output).toBe(
      'log.level: "info" -> "warn" (applied)\nlisteners[0].port: 5222 -> 5999 (needs a restart)\n',
    );
  });

  it('prints the status in words and, when asked, in JSON', async () => {
    const { output } = await tharsis('status');
    expect(output).toMatch(/^version +1\.2\.3\n/);
    expect(output).toContain('tcp        ::       5222  required');
    expect(JSON.parse((await tharsis('status --json')).output)).toMatchObject({ version: '1.2.3', uptime_seconds: 7 });
  });

  it('exits with 1 when the server refuses, in words or in JSON', async () => {
    expect(await tharsis('user delete nobody@example.org')).toEqual({
      code: 1,
      output: '',
      errors: 'tharsis: there is no account nobody@example.org\n',
    });
    const { code, output } = await tharsis('user delete nobody@example.org --json');
    expect(code).toBe(1);
    expect(JSON.parse(output).error).toMatchObject({ condition: 'item-not-found' });
  });

  it('exits with 2 when it is used wrongly', async () => {
    expect(await tharsis('user add')).toMatchObject({ code: 2, output: '' });
    expect((await tharsis('user list --limit many')).errors).toContain('It is not a number.');
    expect(await tharsis('user list --limit 0')).toMatchObject({
      code: 2,
      errors: 'tharsis: limit: Too small: expected number to be >=1\n',
    });
    expect((await tharsis('user add a@example.org --credentials md5 --password x')).code).toBe(2);
    expect((await tharsis('user dance')).code).toBe(2);
  });

  it('helps', async () => {
    const { code, output } = await tharsis('user add --help');
    expect(code).toBe(0);
    expect(output).toContain('Usage: tharsis user add [options] <jid>');
    expect(output.replaceAll(/\s+/g, ' ')).toContain('asked for, or read from the standard input, when not given');
  });

  it('says how to start a server where none runs', async () => {
    const errors = new PassThrough({ encoding: 'utf8' });
    const terminal = { input: Readable.from([]), output: new PassThrough(), errors };
    expect(await runProgram(['status', '--data', join(dataDir, 'none')], terminal)).toBe(1);
    expect(errors.read()).toMatch(/^tharsis: no server runs on .*none: start one with "npx tharsis start --data /);
  });
});
