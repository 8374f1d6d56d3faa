/** Where converse.js is, the chat client of the chat page */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export interface ChatClient {
  /** Directory of its files. */
  readonly directory: string;
  readonly version: string;
}

/** Undefined when the optional dependency was not installed. */
export function findChatClient(): ChatClient | undefined {
  let script: string;
  try {
    script = createRequire(import.meta.url).resolve('converse.js/dist/converse.min.js');
  } catch {
    return undefined;
  }
  const directory = dirname(script);
  const { version } = JSON.parse(readFileSync(join(directory, '..', 'package.json'), 'utf8')) as { version: string };
  return { directory, version };
}
