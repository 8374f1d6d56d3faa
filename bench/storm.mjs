#!/usr/bin/env node
// npm run bench:storm: everybody comes back at once, to a server that was started again or over links that were cut.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compile, xload } from './generator.mjs';
import { startProbe } from './probe.mjs';
import { template } from './provision.mjs';
import { complaints, machine, machineLine, rewriteBlock } from './report.mjs';
import { servers, start } from './servers.mjs';

const { values: options } = parseArgs({
  options: {
    sessions: { type: 'string', default: '10000' },
    contacts: { type: 'string', default: '9' },
    'write-docs': { type: 'boolean', default: false },
  },
});
const MOST_BLOCKED_MS = 100;
/** With fewer, times say more about the machine than about the server. */
const isJudged = Number(options.sessions) >= 10_000;

/** How sessions come back, and the signal that ended the server; none: it lives, and all links are cut. */
const STORMS = [
  { title: 'SCRAM-SHA-1 after SIGTERM', back: 'scram', signal: 'SIGTERM' },
  { title: 'SCRAM-SHA-1 after SIGKILL', back: 'scram', signal: 'SIGKILL' },
  { title: 'token (FAST) after SIGTERM', back: 'fast', signal: 'SIGTERM' },
  { title: 'token (FAST) after SIGKILL', back: 'fast', signal: 'SIGKILL' },
  { title: 'token and resume, links cut', back: 'resume' },
  { title: 'token and resume, WebSockets cut', back: 'resume', isWeb: true },
];

const tharsis = servers.find(({ name }) => name === 'tharsis');
const IMPORT = fileURLToPath(new URL('./loop-delay.mjs', import.meta.url));

function say(text) {
  process.stderr.write(`${text}\n`);
}

async function storm({ back, signal, isWeb }, data) {
  const dir = mkdtempSync(join(tmpdir(), 'tharsis-storm-'));
  data.copyTo(dir);
  const LOOP_DELAY = join(dir, 'loop-delay');
  const server = { ...tharsis, env: { CONFIG: 'storm.yaml', IMPORT, LOOP_DELAY } };
  /** Milliseconds since it was asked last. */
  const blockedMs = async () => {
    process.kill(running.pid, 'SIGUSR2');
    while (!existsSync(LOOP_DELAY)) await sleep(10);
    const ms = Number(readFileSync(LOOP_DELAY, 'utf8'));
    rmSync(LOOP_DELAY);
    return ms;
  };
  let running = await start(server, dir);
  let stopProbe;
  let felt;
  const restart = async () => {
    await running.stop(signal);
    running = await start(server, dir);
  };
  try {
    const args = ['storm', '--back', back, '--sessions', options.sessions, '--contacts', options.contacts];
    args.push('--keys', data.keys, '--port', String(isWeb ? server.wsPort : server.port));
    if (isWeb) args.push('--ws');
    const run = await xload(args, async (line, answer) => {
      if (line.mode !== 'up') {
        felt = { waited_ms: stopProbe(), blocked_ms: await blockedMs() };
        // Now its links break all at once, which is another matter.
        answer('over\n');
        return;
      }
      if (signal) await restart();
      stopProbe = await startProbe(server.port);
      await blockedMs();
      answer(`${running.pid}\n`);
    });
    return { ...run, ...felt };
  } finally {
    await running.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

function markdown(runs, about) {
  const rows = runs.map(
    (run) =>
      `| ${run.title} | ${run.half_s.toFixed(1)} | ${run.bound_s.toFixed(1)} | ${run.wall_s.toFixed(1)} | ${run.srv_cpu_s.toFixed(1)} | ` +
      `${run.blocked_ms.toFixed(0)} | ${run.waited_ms.toFixed(0)} | ${run.gen_cpu_s.toFixed(1)} | ${run.other_cpu_pct.toFixed(0)} | ${complaints(run) || '–'} |`,
  );
  return [
    `${machineLine(about)}. ${options.sessions} sessions in groups of ${Number(options.contacts) + 1}.`,
    '',
    '| | half bound s | all bound s | all back s | server CPU s | longest block ms | longest wait ms | generator CPU s | other CPU % | wrong |',
    '|---|---|---|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

compile();
const data = await template(tharsis, Number(options.sessions), Number(options.contacts), say);
const runs = [];
for (const one of STORMS) {
  const run = { title: one.title, ...(await storm(one, data)) };
  say(
    `${run.title}: all back in ${run.wall_s} s, longest block ${run.blocked_ms.toFixed(0)} ms, longest wait ${run.waited_ms.toFixed(0)} ms ${run.said ?? ''}`,
  );
  runs.push(run);
}
const about = machine();
const text = markdown(runs, about);
const out = fileURLToPath(new URL('./results/', import.meta.url));
mkdirSync(out, { recursive: true });
writeFileSync(`${out}storm.json`, `${JSON.stringify({ machine: about, runs }, null, 2)}\n`);
writeFileSync(`${out}storm.md`, `${text}\n`);
if (options['write-docs'])
  rewriteBlock(fileURLToPath(new URL('../docs/performance.md', import.meta.url)), 'storm', text);
console.log(text);
const isBlocked = isJudged && runs.some((run) => run.blocked_ms > MOST_BLOCKED_MS);
process.exitCode = runs.every((run) => run.ok) && !isBlocked ? 0 : 1;
