/** The servers that the scenarios know how to start, by name. */
import { startProsody } from './prosody.ts';
import type { ServerUnderTest } from './server-under-test.ts';
import { startTharsis } from './tharsis.ts';

export function startServerUnderTest(name: string): Promise<ServerUnderTest> {
  if (name === 'tharsis') return startTharsis();
  if (name === 'prosody') return startProsody();
  throw new Error(`no server is called ${name}`);
}
