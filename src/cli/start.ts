import { existsSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { openControl } from '../control/index.ts';
import { createServer } from '../server.ts';
import { banner } from './banner.ts';
import { collectWhenQuiet } from './collect-when-quiet.ts';
import { render } from './render.ts';
import type { Terminal } from './terminal.ts';

export interface StartOptions {
  readonly data: string;
  readonly config?: string;
  readonly json?: true;
}

const DEFAULT_CONFIG = 'tharsis.yaml';

/** From the signal to the end of the process. */
const STOP_LIMIT_MS = 5_000;

/** Serves until it is told to stop. */
export async function start({ data, config, json }: StartOptions, { output, errors }: Terminal): Promise<void> {
  const configFile = config ?? (existsSync(DEFAULT_CONFIG) ? DEFAULT_CONFIG : undefined);
  const server = await createServer({ configFile, dataDir: data }).catch((error: unknown) => {
    throw inWords(error, configFile);
  });
  const control = await openControl({ dataDir: data, commands: server.commands, log: server.log }).catch(
    async (error: unknown) => {
      await server.stop();
      throw error;
    },
  );
  server.defer(() => control.close());
  server.defer(collectWhenQuiet());
  // Whoever looks on, a terminal or a pipe, may go away; the server stays.
  for (const stream of [output, errors]) stream.on('error', () => {});
  const stopped = new Promise<void>((done, fail) => {
    server.stopping.addEventListener('abort', () => {
      forceAfter(STOP_LIMIT_MS, errors);
      server.stop().then(done, fail);
    });
  });
  const stop = () => void server.stop().catch(() => {});
  process.on('SIGTERM', stop).on('SIGINT', stop);
  process.on('SIGHUP', async () => {
    try {
      output.write(`${render('server.reload', await server.commands.run('server.reload', {}))}\n`);
    } catch (error) {
      errors.write(`tharsis: ${(error as Error).message}\n`);
    }
  });
  const domains = [...server.router.hosts].map(({ domain }) => domain.toString());
  const { version, listeners } = server.status();
  const facts = { version, domains, listeners, dataDir: data };
  output.write(json ? `${JSON.stringify(facts)}\n` : banner(facts));
  await stopped;
}

function forceAfter(ms: number, errors: Writable): void {
  setTimeout(() => {
    errors.write(`tharsis: not everything was closed within ${ms / 1_000} s: ended by force\n`);
    process.exit(1);
  }, ms).unref();
}

/** What the system says of a directory or a listener, with what to do about it. */
function inWords(error: unknown, configFile = DEFAULT_CONFIG): unknown {
  const { code, syscall, path, port, address } = error as NodeJS.ErrnoException & { port?: number; address?: string };
  if (syscall === 'mkdir') {
    return new Error(`the data directory ${path} cannot be made (${code}): name another one with --data`, {
      cause: error,
    });
  }
  if (syscall !== 'listen' && syscall !== 'bind') return error;
  const elsewhere = `set another one under listeners: in ${configFile}`;
  switch (code) {
    case 'EADDRINUSE':
      return new Error(`port ${port} is taken by another program: stop that, or ${elsewhere}`, { cause: error });
    case 'EACCES':
      return new Error(`port ${port} may not be used by this user: ${elsewhere}`, { cause: error });
    case 'EADDRNOTAVAIL':
      return new Error(`${address} is no address of this machine: ${elsewhere}`, { cause: error });
    default:
      return error;
  }
}
