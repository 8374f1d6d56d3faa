/** `run.json` in the data directory: where the server running on it is reached */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const runSchema = z.object({ pid: z.int(), socket: z.string(), startedAt: z.iso.datetime() });

export type RunFile = z.output<typeof runSchema>;

export function runFilePath(dataDir: string): string {
  return join(dataDir, 'run.json');
}

/** Undefined when there is none that can be read. It may have been left by a server that died. */
export async function readRunFile(dataDir: string): Promise<RunFile | undefined> {
  try {
    return runSchema.parse(JSON.parse(await readFile(runFilePath(dataDir), 'utf8')));
  } catch {
    return undefined;
  }
}
