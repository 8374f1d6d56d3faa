/** A server that a test ends in all ways, and starts again on the same data */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { ServerProcess } from './server-process.ts';

export class MortalServer {
  #dir = '';
  #process: ServerProcess | undefined;

  /** Each test of the file has a directory of its own. */
  constructor() {
    beforeEach(() => {
      this.#dir = mkdtempSync(join(tmpdir(), 'tharsis-mortal-'));
    });
    afterEach(async () => {
      this.#process?.kill('SIGKILL');
      await this.#process?.ended;
      rmSync(this.#dir, { recursive: true });
    });
  }

  /** The one that serves, or served last. */
  get process(): ServerProcess {
    if (this.#process === undefined) throw new Error('it has not served yet');
    return this.#process;
  }

  /** For all times it serves from now on. */
  configure(yaml: string): void {
    writeFileSync(join(this.#dir, 'tharsis.yaml'), yaml);
  }

  /** Resolves with the port of the first listener. */
  async serve(): Promise<number> {
    this.#process = new ServerProcess(this.#dir);
    const [listener] = await this.#process.serving();
    return listener?.port ?? 0;
  }

  /** Resolves when it is over, with the exit code; null when the signal ended it. */
  end(signal: NodeJS.Signals): Promise<number | null> {
    this.process.kill(signal);
    return this.process.ended;
  }
}
