/** The short form of `npm run test:federation`: three servers that restart at once, and links between them that are cut */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Campaign } from '../campaigns/federation/campaign.ts';

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tharsis-federation-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

it('contacts in other domains meet again after a restart of all, and every message comes once and in order', async () => {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
  const plan = {
    contacts: 200,
    users: 10,
    messages: 4_000,
    perSecond: 1_000,
    cuts: 6,
    told: ['both', 'client', 'server'] as const,
    seed,
  };
  const { wrong, counts } = await new Campaign(dir, plan).run();
  expect(wrong, `SEED=${seed}`).toEqual([]);
  expect(counts).toMatchObject({ said: 4_000, received: 4_000, cuts: 6 });
}, 180_000);
