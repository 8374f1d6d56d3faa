/** Every script of this folder over every transport it is for. `SCENARIO_PEER=prosody` runs them against another server. */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServerUnderTest } from '../support/server.ts';
import type { ServerUnderTest } from '../support/server-under-test.ts';
import { parseScript, TRANSPORTS } from './runner/parse.ts';
import { runScript } from './runner/run.ts';

const peer = process.env.SCENARIO_PEER ?? 'tharsis';
const scripts = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.txt'))
  .map((name) => parseScript(`test/scenarios/${name}`, readFileSync(`${import.meta.dirname}/${name}`, 'utf8')));

describe(`scenarios against ${peer}`, () => {
  let server: ServerUnderTest;
  beforeAll(async () => {
    server = await startServerUnderTest(peer);
  });
  afterAll(() => server?.close());

  for (const transport of TRANSPORTS) {
    describe(`over ${transport}`, () => {
      for (const [index, script] of scripts.entries()) {
        if (!script.transports.includes(transport) || (transport === 'mars' && peer !== 'tharsis')) continue;
        const run = runScript.bind(undefined, script, transport);
        const runName = `${transport.slice(0, 1)}${index}`;
        const deviation = script.deviations.get(peer);
        if (deviation === undefined) it(script.title, () => run(server, runName));
        else it(`${script.title}: ${peer} ${deviation}`, () => expect(run(server, runName)).rejects.toThrow());
      }
    });
  }
});
