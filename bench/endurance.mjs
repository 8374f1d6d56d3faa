#!/usr/bin/env node
// npm run bench:endurance: many sessions, chat and presence at fixed rates for minutes; nothing may be lost, nothing may grow.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compile, xload } from './generator.mjs';
import { template } from './provision.mjs';
import { complaints, machine, machineLine, rewriteBlock } from './report.mjs';
import { servers, start } from './servers.mjs';

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    sessions: { type: 'string', default: '10000' },
    rate: { type: 'string', default: '5000' },
    'presence-rate': { type: 'string', default: '500' },
    contacts: { type: 'string', default: '9' },
    server: { type: 'string', default: 'tharsis' },
    'write-docs': { type: 'boolean', default: false },
  },
});
const INTERVAL = 10; // seconds
const A_MINUTE = 60 / INTERVAL;
const TOLERANCE = 0.2;

function say(text) {
  process.stderr.write(`${text}\n`);
}

function tell(interval) {
  const { chat, presence } = interval;
  const wrong = complaints(interval);
  say(
    `${interval.at_s.toFixed(0)} s: chat ${chat.per_s}/s p50 ${chat.p50_ms} p99 ${chat.p99_ms} ms; ` +
      `presence ${presence.per_s}/s p50 ${presence.p50_ms} p99 ${presence.p99_ms} ms; server ${interval.srv_cpu_pct} % CPU, ` +
      `${mega(interval.rss_kb)} MB; generator ${interval.gen_cpu_pct} %, others ${interval.other_cpu_pct} %${wrong && ` WRONG: ${wrong}`}`,
  );
}

const mega = (kb) => Math.round(kb / 1024);
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The intervals of whole minutes as one entry a minute. */
function byMinute(intervals) {
  const minutes = [];
  for (let i = 0; i + A_MINUTE <= intervals.length; i += A_MINUTE) {
    const part = intervals.slice(i, i + A_MINUTE);
    const last = part[A_MINUTE - 1];
    minutes.push({
      chatPerSecond: mean(part.map((interval) => interval.chat.per_s)),
      chatP50: mean(part.map((interval) => interval.chat.p50_ms)),
      chatP99: last.chat.minute_p99_ms,
      presenceP99: last.presence.minute_p99_ms,
      cpu: mean(part.map((interval) => interval.srv_cpu_pct)),
      generator: mean(part.map((interval) => interval.gen_cpu_pct)),
      others: mean(part.map((interval) => interval.other_cpu_pct)),
      rss: mean(part.map((interval) => interval.rss_kb)),
      anon: mean(part.map((interval) => interval.rss_anon_kb)),
      disconnects: last.disconnects,
      errors: last.errors,
    });
  }
  return minutes;
}

/** What grew from the second minute (the first warms up) to the last by more than the tolerance. */
function grown(minutes) {
  const [, second] = minutes;
  const last = minutes.at(-1);
  const judged = { 'chat p99': 'chatP99', 'presence p99': 'presenceP99', 'resident memory': 'rss' };
  return Object.entries(judged).map(([what, key]) => {
    const change = last[key] / second[key] - 1;
    return { what, change: `${change >= 0 ? '+' : ''}${(100 * change).toFixed(0)} %`, bad: change > TOLERANCE };
  });
}

function markdown(run, minutes, changes, about) {
  const rows = minutes.map(
    (m, i) =>
      `| ${i + 1} | ${m.chatPerSecond.toFixed(0)} | ${m.chatP50.toFixed(2)} | ${m.chatP99.toFixed(2)} | ${m.presenceP99.toFixed(2)} | ` +
      `${m.cpu.toFixed(0)} | ${m.generator.toFixed(0)} | ${m.others.toFixed(0)} | ${mega(m.rss)} | ${mega(m.anon)} | ${m.disconnects} | ${m.errors} |`,
  );
  const verdict = changes
    ? `Last minute against second: ${changes.map(({ what, change }) => `${what} ${change}`).join(', ')}.`
    : 'Too short to compare minutes.';
  return [
    `${machineLine(about)}. ${run.sessions} sessions in groups of ${run.contacts + 1}, ${run.rate} messages/s, ${run.presence_rate} presence changes/s ` +
      `to ${run.contacts} contacts each. ${complaints(run) || 'No disconnect, no error, nothing lost'}. ${verdict}`,
    '',
    '| minute | messages/s | p50 ms | p99 ms | presence p99 ms | server CPU % | generator CPU % | other CPU % | RSS MB | heap and buffers MB | disconnects | errors |',
    '|---|---|---|---|---|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

const server = servers.find(({ name }) => name === options.server);
if (!server?.installed()) {
  say(`${options.server} is not there (npm run build?)`);
  process.exit(2);
}
compile();
const dir = mkdtempSync(join(tmpdir(), 'tharsis-endurance-'));
const intervals = [];
let run;
try {
  const data = await template(server, Number(options.sessions), Number(options.contacts), say);
  data.copyTo(dir);
  const { pid, stop } = await start(server, dir);
  try {
    const args = { sessions: options.sessions, rate: options.rate, 'presence-rate': options['presence-rate'] };
    Object.assign(args, { contacts: options.contacts, duration: 60 * Number(options.minutes), interval: INTERVAL });
    Object.assign(args, { pid, port: server.port, keys: data.keys, label: `${server.name}/endurance` });
    const flags = Object.entries(args).flatMap(([name, value]) => [`--${name}`, String(value)]);
    run = await xload(['mixed', ...flags], (line) => {
      if (line.mode !== 'interval') return;
      intervals.push(line);
      tell(line);
    });
    if (!run.ok) say(run.said);
  } finally {
    await stop();
  }
} finally {
  rmSync(dir, { recursive: true, force: true });
}

const minutes = byMinute(intervals);
const changes = minutes.length > 2 ? grown(minutes) : undefined;
const about = machine();
const text = markdown(run, minutes, changes, about);
const out = fileURLToPath(new URL('./results/', import.meta.url));
mkdirSync(out, { recursive: true });
writeFileSync(`${out}endurance.json`, `${JSON.stringify({ machine: about, run, intervals }, null, 2)}\n`);
writeFileSync(`${out}endurance.md`, `${text}\n`);
if (options['write-docs']) {
  rewriteBlock(fileURLToPath(new URL('../docs/performance.md', import.meta.url)), 'endurance', text);
}
console.log(text);
for (const { what, change } of changes?.filter(({ bad }) => bad) ?? []) say(`${what} grew by ${change}`);
process.exitCode = run.ok && !changes?.some(({ bad }) => bad) ? 0 : 1;
