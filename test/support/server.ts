/** The servers that the scenarios know how to start, by name. */
import { startProsody } from './prosody.ts';
import type { ServerUnderTest } from './server-under-test.ts';

export function startServerUnderTest(name: string): Promise<ServerUnderTest> {
  if (name === 'prosody') return startProsody();
  throw new Error(`no server is called ${name}`);
}
