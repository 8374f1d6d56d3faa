#!/usr/bin/env node
// npm run bench:walk: game clients that all walk in one scene, over sockets; what a delivered movement costs, and how old it is.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { lineChart } from './chart.mjs';
import { compile, xload } from './generator.mjs';
import { template } from './provision.mjs';
import { complaints, machine, machineLine, rewriteBlock } from './report.mjs';
import { servers, start } from './servers.mjs';

const { values: options } = parseArgs({
  options: {
    members: { type: 'string', default: '250,500,1000,2000' },
    rate: { type: 'string', default: '10' },
    neighbours: { type: 'string', default: '50' },
    duration: { type: 'string', default: '20' },
    'write-docs': { type: 'boolean', default: false },
  },
});
const sizes = options.members.split(',').map(Number);
const tharsis = servers.find(({ name }) => name === 'tharsis');
const docs = (path) => fileURLToPath(new URL(`../docs/${path}`, import.meta.url));
const IMAGE = 'images/scene-sockets.svg';

async function measure(members, data) {
  const dir = mkdtempSync(join(tmpdir(), 'tharsis-scene-'));
  data.copyTo(dir);
  const { pid, stop } = await start(tharsis, dir, { scenes: true });
  try {
    const { rate, neighbours, duration } = options;
    const args = ['scene', '--mars', '--port', tharsis.marsPort, '--pid', pid, '--keys', data.keys, '--room', 'plaza'];
    args.push('--sessions', members, '--rate', rate, '--contacts', neighbours, '--warm', 5, '--duration', duration);
    return await xload(args.map(String));
  } finally {
    await stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

function markdown(runs, about) {
  const rows = runs.map((run) =>
    [
      run.sessions.toLocaleString('en'),
      run.in_sight.toFixed(1),
      run.per_s.toLocaleString('en'),
      run.frames_per_s.toLocaleString('en'),
      run.srv_ns_per_unit.toFixed(0),
      `${run.srv_cpu_pct.toFixed(0)} %`,
      run.p50_ms.toFixed(0),
      run.p99_ms.toFixed(0),
      run.max_ms.toFixed(0),
      `${run.gen_cpu_pct.toFixed(0)} %`,
      `${run.other_cpu_pct.toFixed(0)} %`,
      complaints(run) || '–',
    ].join(' | '),
  );
  return [
    `${machineLine(about)}. ${options.rate} movements of each member a second, for ${options.duration} s.`,
    '',
    '| members | told of | updates a second | frames a second | server CPU ns an update | of a core | age p50 ms | p99 ms | longest ms | generator | others | wrong |',
    '|---|---|---|---|---|---|---|---|---|---|---|---|',
    ...rows.map((row) => `| ${row} |`),
    '',
    `![CPU of a delivered update over sockets by the number of members](${IMAGE})`,
  ].join('\n');
}

compile();
const data = await template(tharsis, Math.max(...sizes), 0, (text) => process.stderr.write(`${text}\n`));
const runs = [];
for (const members of sizes) {
  const run = await measure(members, data);
  process.stderr.write(
    `${members}: ${run.srv_ns_per_unit} ns an update, p99 ${run.p99_ms} ms, server ${run.srv_cpu_pct} % ${run.said ?? ''}\n`,
  );
  runs.push(run);
}
const about = machine();
const text = markdown(runs, about);
const out = fileURLToPath(new URL('./results/', import.meta.url));
mkdirSync(out, { recursive: true });
writeFileSync(`${out}scene.json`, `${JSON.stringify({ machine: about, runs }, null, 2)}\n`);
if (options['write-docs']) {
  const points = runs.map(({ sessions, srv_ns_per_unit: ns }) => [sessions, ns]);
  const title = 'CPU of a delivered update over sockets by the number of members';
  writeFileSync(
    docs(IMAGE),
    lineChart({ title, y: 'server CPU of a delivered update, ns', x: 'members, all moving at 10 Hz', points }),
  );
  rewriteBlock(docs('performance.md'), 'scene-sockets', text);
}
console.log(text);
process.exitCode = runs.every((run) => run.ok) ? 0 : 1;
