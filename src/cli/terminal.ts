import type { Readable, Writable } from 'node:stream';

/** Where the command line reads and writes. */
export interface Terminal {
  readonly input: Readable & { readonly isTTY?: boolean };
  /** What a command answers. */
  readonly output: Writable;
  readonly errors: Writable;
}

export const ownTerminal: Terminal = { input: process.stdin, output: process.stdout, errors: process.stderr };
