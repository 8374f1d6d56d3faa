import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CommandRegistry, defineCommand, StanzaError } from '#core';
import { type LogLine, quietLog } from '../../test/support/quiet-log.ts';
import { AlreadyRunningError, type Control, callServer, NotRunningError, openControl, RefusedError } from './index.ts';

const commands = new CommandRegistry();
commands.add(
  defineCommand({
    name: 'text.upper',
    summary: 'Upper case',
    input: z.strictObject({ text: z.string() }),
    output: z.object({ text: z.string() }),
    run({ text }) {
      if (text === 'taken') throw new StanzaError('conflict', 'it is taken');
      if (text === 'broken') throw new Error('a secret of the inside');
      return { text: text.toUpperCase() };
    },
  }),
);

commands.add(
  defineCommand({
    name: 's2s.nothing',
    summary: 'Nothing',
    input: z.strictObject({}),
    output: z.object({}),
    run: () => ({}),
  }),
);

let dataDir: string;
let lines: LogLine[];
const open: Control[] = [];
const undo: (() => void)[] = [];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tharsis-control-'));
  lines = [];
});
afterEach(async () => {
  for (const control of open.splice(0)) await control.close();
  for (const step of undo.splice(0)) step();
  await rm(dataDir, { recursive: true });
});

async function serve(dir = dataDir): Promise<Control> {
  const control = await openControl({ dataDir: dir, commands, log: quietLog(lines) });
  open.push(control);
  return control;
}

const failure = (call: Promise<unknown>) => call.catch((error: unknown) => error);

/** What is answered to a request made by hand. */
function post(path: string, body: string): Promise<{ status: number | undefined; body: unknown }> {
  return new Promise((done, fail) => {
    const sent = request(
      { socketPath: join(dataDir, 'tharsis.sock'), path, method: 'POST', agent: false },
      (response) =>
        response
          .setEncoding('utf8')
          .toArray()
          .then((texts) => done({ status: response.statusCode, body: JSON.parse(texts.join('')) }), fail),
    );
    sent.once('error', fail);
    sent.end(body);
  });
}

describe('the command socket', () => {
  it('runs a command and answers what it answers', async () => {
    await serve();
    expect(await callServer(dataDir, 'text.upper', { text: 'mars' })).toEqual({ text: 'MARS' });
  });

  it('runs a command with a digit in its name', async () => {
    await serve();
    expect(await callServer(dataDir, 's2s.nothing', {})).toEqual({});
  });

  it('can be opened by its owner only, and is found by run.json', async () => {
    await serve();
    const run = JSON.parse(await readFile(join(dataDir, 'run.json'), 'utf8'));
    expect(run).toMatchObject({ pid: process.pid, socket: join(dataDir, 'tharsis.sock') });
    expect(statSync(run.socket).mode & 0o777).toBe(0o600);
  });

  it('tells a refusal of the command from an input that does not fit', async () => {
    await serve();
    const refused = await failure(callServer(dataDir, 'text.upper', { text: 'taken' }));
    expect(refused).toBeInstanceOf(RefusedError);
    expect(refused).toMatchObject({ message: 'it is taken', details: { condition: 'conflict' } });
    const misfit = await failure(callServer(dataDir, 'text.upper', { texd: 1 }));
    expect(misfit).toMatchObject({ details: { issues: [{ path: 'text' }, { path: '' }] } });
    expect(await failure(callServer(dataDir, 'text.lower', {}))).toMatchObject({
      message: 'there is no command text.lower',
    });
  });

  it('answers with the status of HTTP that fits', async () => {
    await serve();
    const text = (value: string) => JSON.stringify({ text: value });
    expect((await post('/commands/text.upper', text('taken'))).status).toBe(409);
    expect((await post('/commands/text.lower', '{}')).status).toBe(404);
    expect((await post('/elsewhere', '{}')).status).toBe(404);
    expect((await post('/commands/text.upper', '{}')).status).toBe(400);
    expect(await post('/commands/text.upper', '{"text"')).toEqual({
      status: 400,
      body: { error: { text: 'the input is not JSON' } },
    });
    expect((await post('/commands/text.upper', text('x'.repeat(70_000)))).status).toBe(413);
  });

  it('logs what went wrong inside, and does not tell it', async () => {
    await serve();
    const { status, body } = await post('/commands/text.upper', '{"text":"broken"}');
    expect(status).toBe(500);
    expect(JSON.stringify(body)).not.toContain('secret');
    expect(lines).toMatchObject([{ level: 'error', message: 'a command failed', fields: { command: 'text.upper' } }]);
  });

  it('answers a command under way before it is gone, and waits for no one who asks nothing', async () => {
    let finish = () => {};
    const began = new Promise<void>((begin) => {
      const slow = defineCommand({
        name: 'text.slow',
        summary: 'Waits',
        input: z.strictObject({}),
        output: z.object({}),
        run: () =>
          new Promise<Record<string, never>>((done) => {
            finish = () => done({});
            begin();
          }),
      });
      undo.push(commands.add(slow));
    });
    const control = await serve();
    const mute = connect(join(dataDir, 'tharsis.sock'));
    await once(mute, 'connect');
    mute.write('POST /commands/text.upper HTTP/1.1\r\ncontent-length: 2\r\n\r\n');
    const answer = callServer(dataDir, 'text.slow', {});
    await began;
    const closed = control.close();
    finish();
    expect(await answer).toEqual({});
    await closed;
    mute.destroy();
    expect(lines).toEqual([]);
  });

  it('is gone after the close, and says how to start a server', async () => {
    const control = await serve();
    await control.close();
    expect(existsSync(join(dataDir, 'tharsis.sock'))).toBe(false);
    expect(existsSync(join(dataDir, 'run.json'))).toBe(false);
    const error = await failure(callServer(dataDir, 'text.upper', { text: 'mars' }));
    expect(error).toBeInstanceOf(NotRunningError);
    expect((error as Error).message).toBe(
      `no server runs on ${dataDir}: start one with "npx tharsis start --data ${dataDir}"`,
    );
  });

  it('takes the place of a socket whose server died', async () => {
    const socket = join(dataDir, 'tharsis.sock');
    await writeFile(socket, '');
    await writeFile(join(dataDir, 'run.json'), JSON.stringify({ pid: 1, socket, startedAt: new Date(0) }));
    expect(await failure(callServer(dataDir, 'text.upper', { text: 'mars' }))).toBeInstanceOf(NotRunningError);
    await serve();
    expect(await callServer(dataDir, 'text.upper', { text: 'mars' })).toEqual({ text: 'MARS' });
  });

  it('does not take the place of a server that answers', async () => {
    const other = createServer();
    await new Promise<void>((done) => other.listen(join(dataDir, 'tharsis.sock'), done));
    expect(await failure(serve())).toBeInstanceOf(AlreadyRunningError);
    await new Promise((done) => other.close(done));
  });

  it('moves to a directory of its own where the path is too long for a socket', async () => {
    const deep = join(dataDir, 'd'.repeat(120));
    await mkdir(deep);
    const control = await serve(deep);
    const { socket } = JSON.parse(await readFile(join(deep, 'run.json'), 'utf8'));
    expect(Buffer.byteLength(socket)).toBeLessThanOrEqual(100);
    expect(statSync(dirname(socket)).mode & 0o777).toBe(0o700);
    expect(await callServer(deep, 'text.upper', { text: 'mars' })).toEqual({ text: 'MARS' });
    await control.close();
    expect(existsSync(dirname(socket))).toBe(false);
  });
});
