// npm run test:federation: three servers in a line of trust, 10,000 mutual contacts, all restarted at once; then 2,000 messages a
// second over links that are cut 20 times; nothing may be lost, come twice or in another order.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Told } from '../loss/cutting-proxy.ts';
import { Campaign } from './campaign.ts';

const { values: options } = parseArgs({
  options: {
    contacts: { type: 'string', default: '10000' },
    users: { type: 'string', default: '100' },
    messages: { type: 'string', default: '60000' },
    'per-second': { type: 'string', default: '2000' },
    cuts: { type: 'string', default: '20' },
    told: { type: 'string', default: 'both,client,server' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const PROGRESS_MS = 5_000;

const say = (text: string) => void process.stderr.write(`${text}\n`);
const plan = {
  contacts: Number(options.contacts),
  users: Number(options.users),
  messages: Number(options.messages),
  perSecond: Number(options['per-second']),
  cuts: Number(options.cuts),
  told: options.told.split(',') as Told[],
  seed: Number(options.seed),
};
const dir = mkdtempSync(join(tmpdir(), 'tharsis-federation-'));
const begun = performance.now();
const elapsed = () => `${((performance.now() - begun) / 1000).toFixed(0)} s`;
say(`--seed ${plan.seed}`);
const campaign = new Campaign(dir, plan);
const ticker = setInterval(() => say(`${elapsed()}: ${campaign.progress}`), PROGRESS_MS);
try {
  const { wrong, counts } = await campaign.run();
  for (const line of wrong) say(`WRONG: ${line}`);
  for (const [name, count] of Object.entries(counts)) say(`${name} ${count}`);
  say(`${wrong.length === 0 ? 'nothing lost' : 'FAILED'} in ${elapsed()}`);
  if (wrong.length > 0) process.exitCode = 1;
} finally {
  clearInterval(ticker);
  rmSync(dir, { recursive: true });
}
