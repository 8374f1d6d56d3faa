import { request } from 'node:http';
import { connect } from 'node:net';
import { readRunFile } from './run-file.ts';

/** No server answers on the data directory. */
export class NotRunningError extends Error {
  override readonly name = 'NotRunningError';
}

/** The server refused a command; the message is for people. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  /** What the server answered, as it came. */
  readonly details: unknown;

  constructor(message: string, details: unknown) {
    super(message);
    this.details = details;
  }
}

/**
 * Runs a command on the server that runs on a data directory.
 * @throws NotRunningError
 * @throws RefusedError
 */
export async function callServer(dataDir: string, name: string, input: object): Promise<unknown> {
  const run = await readRunFile(dataDir);
  if (run === undefined) throw notRunning(dataDir);
  const { status, body } = await post(run.socket, `/commands/${name}`, JSON.stringify(input)).catch(
    (cause: unknown) => {
      throw unreachable(dataDir, cause);
    },
  );
  if (status === 200) return body;
  const { error } = body as { readonly error?: { readonly text?: string } };
  throw new RefusedError(error?.text ?? `the server answered with status ${status}`, error);
}

/** Whether somebody listens on a Unix socket; one left by a process that died refuses. */
export function isAnswering(socket: string): Promise<boolean> {
  return new Promise((done) => {
    const attempt = connect(socket, () => {
      attempt.destroy();
      done(true);
    });
    attempt.once('error', () => done(false));
  });
}

function notRunning(dataDir: string, cause?: unknown): NotRunningError {
  const text = `no server runs on ${dataDir}: start one with "npx tharsis start --data ${dataDir}"`;
  return new NotRunningError(text, { cause });
}

function unreachable(dataDir: string, cause: unknown): Error {
  switch ((cause as NodeJS.ErrnoException).code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return notRunning(dataDir, cause);
    case 'EACCES':
      return new Error(`the server on ${dataDir} belongs to another user: run this as that user`, { cause });
    default:
      return new Error(`the server on ${dataDir} went away before it answered`, { cause });
  }
}

function post(socketPath: string, path: string, body: string): Promise<{ status: number; body: unknown }> {
  return new Promise((done, fail) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const sent = request({ socketPath, path, method: 'POST', headers, agent: false }, async (response) => {
      try {
        const text = (await response.setEncoding('utf8').toArray()).join('');
        done({ status: response.statusCode ?? 0, body: JSON.parse(text) });
      } catch (error) {
        fail(error);
      }
    });
    sent.once('error', fail);
    sent.end(body);
  });
}
