/** The short form of `npm run test:loss`: links that are cut, a server that is killed, and nothing is lost */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Campaign } from '../campaigns/loss/campaign.ts';

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tharsis-loss-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

it('clients that resume and catch up have every message once, in the order of its sender', async () => {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
  const plan = { durability: 'normal', clients: 20, messages: 2_000, cuts: 100, kills: 2, seed } as const;
  const { wrong, counts } = await new Campaign(dir, plan).run();
  expect(wrong, `SEED=${seed}`).toEqual([]);
  expect(counts).toMatchObject({ written: 2_000, received: 2_000, cuts: 100, kills: 2 });
}, 180_000);
