// prosody-accounts.mjs DATADIR COUNT [CONTACTS]
// Accounts u0..u(COUNT-1) as Prosody's own files; with CONTACTS also rosters: groups of CONTACTS + 1 users, everybody subscribed
// both ways to the rest of the group (the shape `xload rosters` makes elsewhere). All accounts share one salt: a million
// PBKDF2 rounds less, and the server's work at a login is the same.
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';

const [, , dir, accounts, contacts = '0'] = process.argv;
const salt = 'c0ffee00-bench-salt-000000000000000';
const iterations = 10000; // Prosody 0.12's own default
const salted = pbkdf2Sync('benchpass', salt, iterations, 20, 'sha1');
const hmac = (text) => createHmac('sha1', salted).update(text).digest();
const stored = createHash('sha1').update(hmac('Client Key')).digest('hex');
const server = hmac('Server Key').toString('hex');

/** A Lua file of string keys. */
const lua = (entries) => `return {\n${entries.map(([key, value]) => `\t[${key}] = ${value};\n`).join('')}};\n`;
const quoted = (text) => `"${text}"`;

const account = lua([
  [quoted('iteration_count'), iterations],
  [quoted('salt'), quoted(salt)],
  [quoted('stored_key'), quoted(stored)],
  [quoted('server_key'), quoted(server)],
]);
mkdirSync(`${dir}/data/localhost/accounts`, { recursive: true });
for (let i = 0; i < Number(accounts); i++) writeFileSync(`${dir}/data/localhost/accounts/u${i}.dat`, account);

const size = Number(contacts) + 1;
if (size > 1) {
  mkdirSync(`${dir}/data/localhost/roster`, { recursive: true });
  for (let i = 0; i < Number(accounts); i++) {
    const first = i - (i % size);
    const group = Array.from({ length: size }, (_, k) => first + k).filter((j) => j !== i);
    const items = group.map((j) => [quoted(`u${j}@localhost`), '{ ["subscription"] = "both"; ["groups"] = {}; }']);
    writeFileSync(`${dir}/data/localhost/roster/u${i}.dat`, lua([['false', '{ ["version"] = 1; }'], ...items]));
  }
}
