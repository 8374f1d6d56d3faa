/** The local command socket: HTTP over a Unix socket that only the server's own user can open */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type CommandRegistry, failureOf, type Logger } from '#core';
import { isAnswering } from './control-client.ts';
import { type RunFile, runFilePath } from './run-file.ts';

/** `sun_path` holds 108 bytes on Linux, 104 elsewhere, with the end mark. */
const LONGEST_SOCKET_PATH = 100;
const LARGEST_INPUT_BYTES = 65_536;

export interface ControlOptions {
  /** Exists, and belongs to this server alone. */
  readonly dataDir: string;
  readonly commands: CommandRegistry;
  readonly log: Logger;
}

export interface Control {
  /** Answers the commands under way, then removes the socket and run.json. */
  close(): Promise<void>;
}

/** Another server answers on this data directory. */
export class AlreadyRunningError extends Error {
  override readonly name = 'AlreadyRunningError';
}

/** @throws AlreadyRunningError */
export async function openControl({ dataDir, commands, log }: ControlOptions): Promise<Control> {
  const { socket, temporary } = await socketPath(dataDir);
  if (temporary === undefined) await removeStale(socket, dataDir);
  const underWay = new Set<Promise<void>>();
  const server = createServer(async (request, response) => {
    const body = await readBody(request).catch(() => undefined);
    // Whoever went away before the end of the request asked for nothing.
    if (body === undefined) return;
    const answered = answer(request, body, response, commands, log);
    underWay.add(answered);
    void answered.then(() => underWay.delete(answered));
  });
  await listen(server, socket);
  await chmod(socket, 0o600);
  const run: RunFile = { pid: process.pid, socket, startedAt: new Date().toISOString() };
  await writeFile(runFilePath(dataDir), `${JSON.stringify(run)}\n`, { mode: 0o600 });
  return {
    async close() {
      await rm(runFilePath(dataDir), { force: true });
      const closed = new Promise<void>((done) => server.close(() => done()));
      await Promise.all(underWay);
      server.closeAllConnections();
      await closed;
      if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
    },
  };
}

/** A path that is too long for a socket is replaced by one in a new directory that only this user can enter. */
async function socketPath(dataDir: string): Promise<{ readonly socket: string; readonly temporary?: string }> {
  const socket = resolve(dataDir, 'tharsis.sock');
  if (Buffer.byteLength(socket) <= LONGEST_SOCKET_PATH) return { socket };
  const temporary = await mkdtemp(join(tmpdir(), 'tharsis-'));
  return { socket: join(temporary, 'tharsis.sock'), temporary };
}

async function removeStale(socket: string, dataDir: string): Promise<void> {
  if (await isAnswering(socket)) {
    throw new AlreadyRunningError(
      `another server is running on ${dataDir}: stop it first, or use another data directory`,
    );
  }
  await rm(socket, { force: true });
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(path, () => {
      server.off('error', fail);
      done();
    });
  });
}

/** Resolves when the answer has left. */
async function answer(
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
  commands: CommandRegistry,
  log: Logger,
): Promise<void> {
  const name = /^\/commands\/([a-z\d.-]+)$/.exec(request.url ?? '')?.[1];
  try {
    if (name === undefined || request.method !== 'POST') {
      return send(response, 404, { error: { text: 'only POST /commands/<name> is answered' } });
    }
    if (body.length > LARGEST_INPUT_BYTES) return send(response, 413, { error: { text: 'the input is too large' } });
    const input = parseJson(body.toString('utf8'));
    if (input === undefined) return send(response, 400, { error: { text: 'the input is not JSON' } });
    return send(response, 200, await commands.run(name, input));
  } catch (error) {
    const failure = failureOf(error);
    if (failure !== undefined) return send(response, failure.status, failure.body);
    log.error({ err: error, command: name }, 'a command failed');
    return send(response, 500, { error: { text: 'the server failed at this; its log says why' } });
  }
}

/**
 * What is too large is cut off a little above the limit, and read to its end all the same, so that the sender gets to the
 * answer. Rejects when the sender goes away.
 */
async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    if (bytes <= LARGEST_INPUT_BYTES) chunks.push(chunk);
    bytes += chunk.length;
  }
  return Buffer.concat(chunks);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function send(response: ServerResponse, status: number, body: unknown): Promise<void> {
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  return new Promise((done) => {
    response.once('close', done);
    response.end(JSON.stringify(body));
  });
}
