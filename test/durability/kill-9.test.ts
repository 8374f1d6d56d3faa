/** Death by SIGKILL of a whole server in full work: what it acknowledged is there when it serves again */
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { expect, it } from 'vitest';
import { MortalServer } from '../support/mortal-server.ts';
import { Random } from '../support/random.ts';
import { Ledger } from './ledger.ts';
import { administer, isLoss, keepRoster, logInWithOne, PASSWORD, readRoster, register } from './writers.ts';

const KILLS = 10;
/** Acknowledged changes between two kills, at least. */
const STRIDE = 100;
const USERS = ['alice', 'bob', 'carol'];

const server = new MortalServer();

const configuration = (durability: string) => `
storage: {durability: ${durability}}
listeners: [{transport: tcp, port: 0, address: 127.0.0.1, tls: off}]
auth: {plain_without_tls: true}
limits: {failed_logins: 100000}
log: {level: error}
hosts: {localhost: {modules: {roster: {}, register: {per_address_per_hour: 0}}}}
`;

const command = (name: string, input: object) => server.process.command(name, input);

async function accounts(): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for (let after: string | undefined; ; ) {
    const answer = await command('user.list', { limit: 1_000, ...(after !== undefined && { after }) });
    const { users, more } = answer as { users: { jid: string }[]; more: boolean };
    for (const { jid } of users) names.add(jid.replace('@localhost', ''));
    if (!more) return names;
    after = users.at(-1)?.jid;
  }
}

/** What is not as it was acknowledged, nor as it was asked for and not acknowledged. */
async function differences(ledger: Ledger, port: number, isWanted: (account: string) => boolean): Promise<string[]> {
  const wrong: string[] = [];
  const check = (key: string, found: string | undefined) => {
    const possible = ledger.possible(key);
    if (!possible.includes(found)) wrong.push(`${key} is ${found}, not ${possible.join(' or ')}`);
    ledger.found(key, found);
  };
  const present = await accounts();
  for (const account of ledger.keys().filter((key) => !key.includes('/'))) {
    const contacts = ledger.keys().filter((key) => key.startsWith(`${account}/`));
    if (!present.has(account)) {
      check(account, undefined);
      for (const key of contacts) ledger.forget(key);
    } else if (isWanted(account)) {
      const user = await logInWithOne(port, account, ledger.possible(account));
      check(account, user?.password ?? 'there, with another password');
      const roster = user === undefined ? new Map<string, string>() : await readRoster(user.client);
      user?.client.destroy();
      for (const key of contacts) check(key, roster.get(key.slice(account.length + 1)));
    }
  }
  return wrong;
}

/** Rosters without an account, and deletions that were not finished. */
function remains(): unknown[] {
  const db = new Sqlite(join(server.process.dataDir, 'tharsis.sqlite'), { readonly: true });
  try {
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    const accounts = `SELECT owner FROM map WHERE store = 'accounts'`;
    return db
      .prepare(
        `SELECT store, owner, key FROM map
         WHERE store = 'leaving' OR store = 'roster' AND owner NOT IN (${accounts})`,
      )
      .all();
  } finally {
    db.close();
  }
}

it.each(['normal', 'full'])(
  'with durability %s nothing acknowledged is missing after any of ten kills, and nothing is half there',
  async (durability) => {
    const seed = Number(process.env.SEED ?? Date.now());
    const told = `SEED=${seed}`;
    const random = new Random(seed);
    const ledger = new Ledger();
    server.configure(configuration(durability));
    let port = await server.serve();
    for (const account of USERS) {
      await command('user.add', { jid: `${account}@localhost`, password: PASSWORD });
      ledger.found(account, PASSWORD);
    }
    for (let kill = 0; kill < KILLS; kill++) {
      const before = new Set(ledger.keys());
      const surroundings = { port, ledger, random, command };
      const writers = [
        ...USERS.map((account) => keepRoster(account, surroundings)),
        register(`registered-${kill}`, surroundings),
        administer(`administered-${kill}`, surroundings),
      ];
      await Promise.race([ledger.more(STRIDE + random.below(STRIDE / 2)), ...writers]);
      // At any point of the server's work, not only where it has just answered.
      await wait(random.below(10));
      expect(await server.end('SIGKILL')).toBe(null);
      for (const outcome of await Promise.allSettled(writers)) {
        expect(outcome).toSatisfy((end: typeof outcome) => end.status === 'rejected' && isLoss(end.reason), told);
      }
      port = await server.serve();
      expect(remains(), told).toEqual([]);
      const isTouched = (account: string) => USERS.includes(account) || !before.has(account);
      expect(await differences(ledger, port, isTouched), told).toEqual([]);
    }
    expect(ledger.acknowledged).toBeGreaterThanOrEqual(KILLS * STRIDE);
    expect(await differences(ledger, port, () => true), told).toEqual([]);
    expect(server.process.errors).toBe('');
  },
  120_000,
);
