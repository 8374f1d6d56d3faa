// npm run test:loss: 20 clients exchange 20,000 messages over links that are cut, with a server that is killed; nothing may be lost.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Campaign, type Plan } from './campaign.ts';

const { values: options } = parseArgs({
  options: {
    messages: { type: 'string', default: '20000' },
    cuts: { type: 'string', default: '1000' },
    kills: { type: 'string', default: '20' },
    clients: { type: 'string', default: '20' },
    durability: { type: 'string', default: 'normal,full' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const PROGRESS_MS = 5_000;

const say = (text: string) => void process.stderr.write(`${text}\n`);

async function campaign(durability: string): Promise<boolean> {
  const plan = {
    durability: durability as Plan['durability'],
    clients: Number(options.clients),
    messages: Number(options.messages),
    cuts: Number(options.cuts),
    kills: Number(options.kills),
    seed: Number(options.seed),
  };
  const dir = mkdtempSync(join(tmpdir(), 'tharsis-loss-'));
  say(`durability ${durability}, --seed ${plan.seed}`);
  const begun = performance.now();
  const seconds = () => `${((performance.now() - begun) / 1000).toFixed(0)} s`;
  const run = new Campaign(dir, plan);
  const ticker = setInterval(() => say(`${seconds()}: ${run.progress}`), PROGRESS_MS);
  try {
    const { wrong, counts } = await run.run();
    for (const line of wrong) say(`WRONG: ${line}`);
    const figures = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
    say(
      `durability ${durability}: ${wrong.length === 0 ? 'nothing lost' : 'FAILED'} in ${seconds()}; ${figures.join(', ')}`,
    );
    return wrong.length === 0;
  } finally {
    clearInterval(ticker);
    rmSync(dir, { recursive: true });
  }
}

for (const durability of options.durability.split(',')) if (!(await campaign(durability))) process.exitCode = 1;
