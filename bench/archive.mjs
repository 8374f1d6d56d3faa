#!/usr/bin/env node
// npm run bench:archive: what archiving a message costs, and how long reads and a start take with a large archive.
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openSqlite } from '../dist/storage/sqlite/index.js';
import { machine, machineLine, median, rewriteBlock } from './report.mjs';

const { values: options } = parseArgs({
  options: {
    entries: { type: 'string', default: '1000000' },
    messages: { type: 'string', default: '300000' },
    owners: { type: 'string', default: '2000' },
    'write-docs': { type: 'boolean', default: false },
  },
});
const ENTRIES = Number(options.entries);
const MESSAGES = Number(options.messages);
const OWNERS = Number(options.owners);
/** Messages that arrive in one turn of the event loop of a saturated server. */
const A_TURN = 64;
const PAGE = 50;
const DOCS = fileURLToPath(new URL('../docs/performance.md', import.meta.url));
const READS = 200;

const dir = mkdtempSync(join(tmpdir(), 'tharsis-bench-archive-'));
process.on('exit', () => rmSync(dir, { recursive: true, force: true }));

const open = (name, waiting) =>
  openSqlite({ file: join(dir, name), durability: 'normal', ...(waiting !== undefined && { waiting }) });
const archiveOf = (driver) => driver.stores('localhost').archive('mam');

const BODY = Array(20).fill('lorem ipsum').join(' ');
/** About 300 bytes, no two alike. */
const text = (n) => `<message to='u${n}@localhost' type='chat' id='m${n}'><body>${BODY}</body></message>`;

/** Microseconds of CPU for a message that goes to two archives, in the order its users take turns. */
async function appending() {
  const driver = open('appending.sqlite');
  const archive = archiveOf(driver);
  const users = Array.from({ length: OWNERS }, (_, i) => ({ name: `u${i}`, jid: `u${i}@localhost` }));
  let sent = 0;
  async function send(count) {
    for (const end = sent + count; sent < end; ) {
      for (let i = 0; i < A_TURN; i++, sent++) {
        const [from, to] = [users[sent % OWNERS], users[(sent % OWNERS) ^ 1]];
        const data = text(sent);
        archive.append(from.name, { at: sent, with: to.jid, data });
        archive.append(to.name, { at: sent, with: from.jid, data });
      }
      await driver.stores('localhost').committed();
    }
  }
  await send(MESSAGES / 3);
  const before = process.cpuUsage();
  await send(MESSAGES);
  const { user, system } = process.cpuUsage(before);
  await driver.close();
  return (user + system) / MESSAGES;
}

const start = 1_700_000_000_000;
const OFTEN = 'often@example.com';
const SELDOM = 'seldom@example.com';
const RARE = 'rare@example.com';

/** One archive, moved to blocks of about ten entries, as a server with many users leaves them: many small rows. */
async function fill() {
  const driver = open('large.sqlite', 4096);
  const archive = archiveOf(driver);
  for (let n = 0; n < ENTRIES; n++) {
    const other = n % 20_000 === 7 ? RARE : n % 128 === 5 ? SELDOM : n % 2 === 0 ? OFTEN : `u${n % 500}@example.com`;
    archive.append('juliet', { at: start + n * 1000, with: other, data: text(n) });
    if (n % 10 === 9) await driver.stores('localhost').committed();
  }
  await driver.close();
}

/** Milliseconds of a page each, at places all over the archive; CPU, because that is the same on a busy machine. */
function page(archive, range) {
  const before = process.cpuUsage();
  const times = Array.from({ length: READS }, (_, i) => {
    const middle = Math.floor((ENTRIES * (i + 0.5)) / READS);
    const begun = performance.now();
    const { length } = archive.query('juliet', { limit: PAGE, ...range(middle) });
    const time = performance.now() - begun;
    if (length === 0) throw new Error('a page was empty');
    return time;
  });
  const { user, system } = process.cpuUsage(before);
  return { cpu: (user + system) / 1000 / READS, typical: median(times) };
}

const time = (n) => start + n * 1000;
const PAGES = {
  'after a number': (n) => ({ after: n }),
  'before a number, newest first': (n) => ({ before: n, newestFirst: true }),
  'from a time on': (n) => ({ start: time(n) }),
  'until a time, newest first': (n) => ({ end: time(n), newestFirst: true }),
  'with whom half of it is': (n) => ({ after: n, with: OFTEN }),
  'with whom 1 in 128 is, newest first': (n) => ({ before: n + PAGE * 128, with: SELDOM, newestFirst: true }),
  'with whom 1 in 20,000 is, newest first': () => ({ with: RARE, newestFirst: true }),
  'with whom 1 in 128 is, from a time on': (n) => ({ start: time(n - PAGE * 128), with: SELDOM }),
  'the newest page': () => ({ newestFirst: true }),
};

/** Milliseconds until the first answer. */
async function opening(name) {
  const times = [];
  for (let i = 0; i < 20; i++) {
    const begun = performance.now();
    const driver = open(name);
    archiveOf(driver).head('juliet');
    times.push(performance.now() - begun);
    await driver.close();
  }
  return median(times);
}

/** A copy of the file and its log from under a running server is what a power cut leaves: as much waits as may. */
async function openingAfterDeath() {
  const driver = open('large.sqlite');
  const archive = archiveOf(driver);
  for (let n = 0; n < 20_000; n++) {
    archive.append('juliet', { at: time(ENTRIES + n), with: OFTEN, data: text(n) });
    if (n % A_TURN === A_TURN - 1) await driver.stores('localhost').committed();
  }
  await driver.stores('localhost').committed();
  for (const suffix of ['', '-wal'])
    copyFileSync(join(dir, `large.sqlite${suffix}`), join(dir, `dead.sqlite${suffix}`));
  await driver.close();
  const begun = performance.now();
  const recovered = open('dead.sqlite');
  archiveOf(recovered).head('juliet');
  const taken = performance.now() - begun;
  await recovered.close();
  return taken;
}

const rows = [['a message into two archives, CPU', `${(await appending()).toFixed(1)} µs`]];
await fill();
const reader = open('large.sqlite');
for (const [name, range] of Object.entries(PAGES)) {
  const { cpu, typical } = page(archiveOf(reader), range);
  rows.push([`${PAGE} entries ${name}`, `${typical.toFixed(2)} ms; CPU ${cpu.toFixed(2)} ms`]);
}
await reader.close();
rows.push(['opening an empty file', `${(await opening('empty.sqlite')).toFixed(1)} ms`]);
rows.push(['opening the file with that archive', `${(await opening('large.sqlite')).toFixed(1)} ms`]);
rows.push(['opening it after the process died', `${(await openingAfterDeath()).toFixed(1)} ms`]);

const table = ['| | |', '| --- | --- |', ...rows.map((row) => `| ${row.join(' | ')} |`)].join('\n');
const measured = `${machineLine(machine())}. ${OWNERS} users; an archive of ${ENTRIES.toLocaleString('en')} entries.`;
console.log(`${measured}\n\n${table}`);
if (options['write-docs']) rewriteBlock(DOCS, 'archive', `${measured}\n\n${table}`);
