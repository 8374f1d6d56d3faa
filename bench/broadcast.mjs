#!/usr/bin/env node
// npm run bench:broadcast: a message of the server to everybody online, while they write to each other.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { callServer } from '../dist/control/index.js';
import { compile, xload } from './generator.mjs';
import { template } from './provision.mjs';
import { complaints, machine, machineLine, median, rewriteBlock } from './report.mjs';
import { servers, start } from './servers.mjs';

const { values: options } = parseArgs({
  options: {
    sessions: { type: 'string', default: '10000' },
    rate: { type: 'string', default: '1000' },
    'write-docs': { type: 'boolean', default: false },
  },
});
const CONTACTS = 9;
const INTERVAL = 3; // seconds
const INTERVALS = 12;
/** After how many intervals a broadcast begins: each has one without before it and after it. */
const STARTS = [2, 4, 6, 8, 10];
const MOST_DELAYED_MS = 100;
/** With fewer, times say more about the machine than about the server. */
const isJudged = Number(options.sessions) >= 10_000;

const tharsis = servers.find(({ name }) => name === 'tharsis');

function say(text) {
  process.stderr.write(`${text}\n`);
}

/** What the intervals tell of each broadcast. */
function broadcasts(intervals, begun) {
  const isQuiet = (_, at) => !STARTS.includes(at);
  // The first warms up.
  const quiet = intervals.filter((interval, at) => at > 0 && isQuiet(interval, at));
  const usual = median(quiet.map(({ srv_cpu_s: cpu }) => cpu));
  const runs = STARTS.map((at, n) => {
    const interval = intervals[at];
    const copies = interval.notices - intervals[at - 1].notices;
    return {
      copies,
      seconds: (interval.last_notice_ms - begun[n]) / 1_000,
      cpu_us: ((interval.srv_cpu_s - usual) / copies) * 1e6,
      chat_p99_ms: interval.chat.p99_ms,
      chat_max_ms: interval.chat.max_ms,
    };
  });
  return {
    runs,
    quiet: {
      p99: median(quiet.map(({ chat }) => chat.p99_ms)),
      max: Math.max(...quiet.map(({ chat }) => chat.max_ms)),
    },
  };
}

function markdown({ runs, quiet }, run, about) {
  const rows = runs.map(
    (one, n) =>
      `| ${n + 1} | ${one.copies} | ${one.seconds.toFixed(2)} | ${one.cpu_us.toFixed(1)} | ${one.chat_p99_ms.toFixed(1)} | ${one.chat_max_ms.toFixed(1)} |`,
  );
  return [
    `${machineLine(about)}. ${options.sessions} sessions that send each other ${options.rate} messages a second. ${complaints(run) || 'No disconnect, no error, nothing lost'}.`,
    '',
    '| broadcast | copies | seconds | CPU µs a copy | chat p99 ms meanwhile | longest ms |',
    '|---|---|---|---|---|---|',
    `| none | – | – | – | ${quiet.p99.toFixed(1)} | ${quiet.max.toFixed(1)} |`,
    ...rows,
  ].join('\n');
}

if (!tharsis.installed()) {
  say('there is nothing to measure: npm run build');
  process.exit(2);
}
compile();
const dir = mkdtempSync(join(tmpdir(), 'tharsis-broadcast-'));
const intervals = [];
const begun = [];
let run;
try {
  const data = await template(tharsis, Number(options.sessions), CONTACTS, say);
  data.copyTo(dir);
  const { pid, stop } = await start(tharsis, dir);
  try {
    const args = { sessions: options.sessions, rate: options.rate, duration: INTERVALS * INTERVAL, interval: INTERVAL };
    Object.assign(args, { pid, port: tharsis.port, keys: data.keys, label: 'tharsis/broadcast' });
    const flags = Object.entries(args).flatMap(([name, value]) => [`--${name}`, String(value)]);
    run = await xload(['mixed', ...flags], async (line) => {
      if (line.mode !== 'interval') return;
      if (STARTS.includes(intervals.push(line))) {
        begun.push(Date.now());
        await callServer(dir, 'message.broadcast', { body: 'The server restarts in an hour.', type: 'headline' });
      }
    });
    if (!run.ok) say(run.said);
  } finally {
    await stop();
  }
} finally {
  rmSync(dir, { recursive: true, force: true });
}

const measured = broadcasts(intervals, begun);
const about = machine();
const text = markdown(measured, run, about);
const out = fileURLToPath(new URL('./results/', import.meta.url));
mkdirSync(out, { recursive: true });
writeFileSync(`${out}broadcast.json`, `${JSON.stringify({ machine: about, run, intervals, ...measured }, null, 2)}\n`);
writeFileSync(`${out}broadcast.md`, `${text}\n`);
if (options['write-docs'])
  rewriteBlock(fileURLToPath(new URL('../docs/performance.md', import.meta.url)), 'broadcast', text);
console.log(text);
const isComplete = measured.runs.every(({ copies }) => copies === Number(options.sessions));
const isDelayed = isJudged && measured.runs.some(({ chat_max_ms: ms }) => ms > MOST_DELAYED_MS);
process.exitCode = run.ok && isComplete && !isDelayed ? 0 : 1;
