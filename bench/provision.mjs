// Data directories with accounts u0.. (password benchpass) and rosters, made once and copied for every run.
// Tharsis and ejabberd get them the way users would make them: in-band registration (XEP-0077) and presence subscriptions.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cache, xload } from './generator.mjs';
import { start } from './servers.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Changes whenever what is stored might: the launchers, and for Tharsis its configuration and the code that writes data. */
function fingerprint(server) {
  const hash = createHash('sha256');
  const add = (file) => hash.update(readFileSync(file));
  add(server.script);
  if (server.data === 'prosody') add(join(root, 'bench/servers/prosody-accounts.mjs'));
  if (server.data === 'tharsis') {
    add(join(root, 'bench/tharsis.yaml'));
    const stored = /(^|\/)(storage|auth|roster|register)\/.*\.js$/;
    const files = readdirSync(join(root, 'dist'), { recursive: true }).sort();
    for (const file of files) if (stored.test(file)) add(join(root, 'dist', file));
  }
  return hash.digest('hex').slice(0, 8);
}

async function mustSucceed(args) {
  const run = await xload(args);
  if (!run.ok) throw new Error(`xload ${args[0]} counted failures: ${JSON.stringify(run)}`);
}

async function make(server, dir, keys, accounts, contacts) {
  if (server.data === 'prosody') {
    const script = join(root, 'bench/servers/prosody-accounts.mjs');
    execFileSync(process.execPath, [script, dir, String(accounts), String(contacts)]);
    return;
  }
  const { stop } = await start(server, dir);
  try {
    const target = ['--port', String(server.port), '--sessions', String(accounts), '--timeout', '1800'];
    await mustSucceed(['register', ...target, '--conc', '20']);
    if (contacts) await mustSucceed(['rosters', ...target, '--contacts', String(contacts), '--keys', keys]);
  } finally {
    await stop();
  }
}

/**
 * @param {import('./servers.mjs').Server} server
 * @param {number} accounts
 * @param {number} contacts
 * @param {(what: string) => void} progress
 * @returns {Promise<{ keys: string, copyTo(dir: string): void }>} keys: the file where xload remembers the accounts' SCRAM keys
 */
export async function template(server, accounts, contacts, progress) {
  const dir = join(cache, `${server.data}-${accounts}-${contacts}-${fingerprint(server)}`);
  const keys = `${dir}.keys`;
  if (!existsSync(dir)) {
    progress(`making ${accounts} accounts${contacts ? ` with ${contacts} contacts each` : ''} for ${server.title}`);
    const unfinished = `${dir}.unfinished`;
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished, { recursive: true });
    await make(server, unfinished, keys, accounts, contacts);
    renameSync(unfinished, dir);
  }
  return { keys, copyTo: (to) => cpSync(dir, to, { recursive: true }) };
}
