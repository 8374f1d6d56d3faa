#!/usr/bin/env node
// npm run bench: Tharsis beside Prosody and ejabberd on this machine. README.md says what it does and takes.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compile, xload } from './generator.mjs';
import { template } from './provision.mjs';
import { complaints, machine, machineLine, median, rewriteBlock, table } from './report.mjs';
import { rows, rowsOf, shortened } from './rows.mjs';
import { servers, start } from './servers.mjs';

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string' },
    table: { type: 'string' },
    peers: { type: 'string', default: servers.map((server) => server.name).join(',') },
    reps: { type: 'string' },
    short: { type: 'boolean', default: false },
    'write-docs': { type: 'boolean', default: false },
  },
});
const reps = Number(options.reps ?? (options.short ? 1 : 3));

function chosen(list, known, what) {
  const names = list.split(',');
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) giveUp(`unknown ${what} ${unknown}; there are ${known.join(', ')}`);
  return names;
}

function chosenServers() {
  const names = chosen(
    options.peers,
    servers.map((server) => server.name),
    'peer',
  );
  return servers.filter((server) => {
    if (!names.includes(server.name)) return false;
    if (server.installed()) return true;
    say(`${server.title} is left out: ${server.name === 'tharsis' ? 'npm run build first' : 'not installed'}`);
    return false;
  });
}

function giveUp(why) {
  say(why);
  process.exit(2);
}

function say(text) {
  process.stderr.write(`${text}\n`);
}

async function measure(server, name, row, accounts) {
  const dir = mkdtempSync(join(tmpdir(), 'tharsis-bench-'));
  try {
    const data = row.config === undefined ? await template(server, accounts, row.contacts ?? 0, say) : undefined;
    data?.copyTo(dir);
    const { pid, stop } = await start(server, dir, row);
    try {
      if (row.rest && !options.short) await sleep(row.rest * 1000);
      const args = [...row.mode, '--sessions', row.sessions, '--pid', pid, '--label', `${server.name}/${name}`];
      if (data !== undefined) args.push('--keys', data.keys);
      args.push('--port', row.mars ? server.marsPort : row.ws ? server.wsPort : server.port);
      if (row.mars) args.push('--mars');
      if (row.contacts) args.push('--contacts', row.contacts);
      if (row.ws) args.push('--ws', '--ws-path', server.wsPath);
      if (row.tls) args.push('--starttls');
      if (options.short) args.push('--warm', 0.5, '--duration', 1);
      else if (!args.includes('--duration')) args.push('--warm', 3, '--duration', 8);
      return await xload(args.map(String));
    } finally {
      await stop();
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** One line of progress for one run. */
function tell(server, name, row, rep, run) {
  const wrong = complaints(run);
  const rate = run.per_s === undefined ? '' : `, ${Math.round(run.per_s)}/s, p99 ${run.p99_ms} ms`;
  const cpu = `server ${run.srv_cpu_pct} %, generator ${run.gen_cpu_pct} %, others ${run.other_cpu_pct} % of a core`;
  say(
    `${name} ${rep + 1}/${reps} ${server.title}: ${row.figure(run).toFixed(2)} ${row.unit}${rate} (${cpu})${wrong && ` WRONG: ${wrong}`}`,
  );
}

function markdown(compared, results, about, runs) {
  const versions = compared.map((server) => `${server.title} ${server.version()}`).join('; ');
  const busiest = Math.max(...runs.map((run) => run.other_cpu_pct));
  return [
    `${machineLine(about)}. ${versions}. Median of ${reps}; other processes took at most ${busiest.toFixed(0)} % of a core.`,
    '',
    table(results, compared),
  ].join('\n');
}

const compared = chosenServers();
if (!compared.length) giveUp('there is no server to measure');
if (options.short && options['write-docs']) giveUp('the figures of a short run do not belong into the documentation');
const tables = [...new Set(Object.values(rows).map(({ table = 'bench' }) => table))];
const asked = options.table === undefined ? tables : chosen(options.table, tables, 'table');
const names = options.rows === undefined ? asked.flatMap(rowsOf) : chosen(options.rows, Object.keys(rows), 'row');
try {
  compile();
} catch (error) {
  giveUp(error.message);
}

/** One template for all rows without rosters: as many accounts as the largest needs. */
const plan = names.map((name) => [name, options.short ? shortened(rows[name]) : rows[name]]);
const accountsFor = (row) =>
  Math.max(
    ...plan.map(([, other]) => (other.config === undefined && other.contacts === row.contacts ? other.sessions : 0)),
  );

const results = {};
const runs = [];
let failed = false;
for (const [name, row] of plan) {
  const samples = Object.fromEntries(compared.map((server) => [server.name, []]));
  for (let rep = 0; rep < reps; rep++) {
    // All servers in every repetition: what disturbs the machine for a while disturbs all of them.
    for (const server of compared) {
      if (row.mars && server.marsPort === undefined) continue;
      try {
        const run = await measure(server, name, row, accountsFor(row));
        tell(server, name, row, rep, run);
        runs.push({ server: server.name, row: name, rep, ...run });
        if (run.ok) samples[server.name].push(row.figure(run));
        else failed = true;
      } catch (error) {
        say(`${name} ${rep + 1}/${reps} ${server.title}: ${error.message}`);
        failed = true;
      }
    }
  }
  const measured = Object.entries(samples).filter(([, values]) => values.length);
  const figures = Object.fromEntries(measured.map(([server, values]) => [server, median(values)]));
  results[name] = { row, figures };
}

const about = machine();
const text = markdown(compared, results, about, runs);
const out = fileURLToPath(new URL('./results/', import.meta.url));
mkdirSync(out, { recursive: true });
const medians = Object.fromEntries(Object.entries(results).map(([name, { figures }]) => [name, figures]));
writeFileSync(
  `${out}latest.json`,
  `${JSON.stringify({ machine: about, short: options.short, medians, runs }, null, 2)}\n`,
);
writeFileSync(`${out}latest.md`, `${text}\n`);
if (options['write-docs']) {
  const page = fileURLToPath(new URL('../docs/performance.md', import.meta.url));
  for (const name of tables) {
    const own = rowsOf(name);
    if (!own.every((row) => names.includes(row))) continue;
    const ownResults = Object.fromEntries(own.map((row) => [row, results[row]]));
    rewriteBlock(page, name, markdown(compared, ownResults, about, runs));
  }
}
console.log(text);
if (options.short) say('A short run: the figures mean nothing, only that everything works.');
process.exitCode = failed ? 1 : 0;
