// The load generator: compiled when its source has changed, run as a process of its own.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const sources = fileURLToPath(new URL('./load/', import.meta.url));
export const cache = fileURLToPath(new URL('../node_modules/.cache/tharsis-bench/', import.meta.url));

/** Compiles xload and returns its path; throws with a hint when there is no compiler or no OpenSSL to build it with. */
export function compile() {
  const files = readdirSync(sources).sort();
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(sources + file));
  mkdirSync(cache, { recursive: true });
  const binary = `${cache}xload-${hash.digest('hex').slice(0, 12)}`;
  if (existsSync(binary)) return binary;
  const units = files.filter((file) => file.endsWith('.c')).map((file) => sources + file);
  const gcc = spawnSync('gcc', ['-O2', '-Wall', '-o', binary, ...units, '-lssl', '-lcrypto', '-lm'], {
    encoding: 'utf8',
  });
  if (gcc.error || gcc.status !== 0) {
    throw new Error(
      `The load generator could not be compiled: it needs gcc and OpenSSL's headers (apt-get install gcc libssl-dev).\n${gcc.error?.message ?? gcc.stderr}`,
    );
  }
  return binary;
}

/**
 * Runs xload to its end.
 * @param {string[]} args
 * @param {(line: Record<string, unknown>, answer: (text: string) => void) => void} [onLine] each JSON line as it comes
 * @returns {Promise<Record<string, unknown>>} the last line; `ok` is false when something was refused, lost or disconnected
 */
export async function xload(args, onLine) {
  const child = spawn(compile(), args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const kill = () => child.kill();
  process.once('exit', kill);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said = (said + text).slice(-4000);
  });
  let last;
  const exited = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code));
  });
  for await (const line of createInterface({ input: child.stdout })) {
    last = JSON.parse(line);
    await onLine?.(last, (text) => child.stdin.write(text));
  }
  const code = await exited;
  process.removeListener('exit', kill);
  // 2: it ran to its end, but counted something that must not happen
  if (code === 2 && last) return { ...last, ok: false, said };
  if (code !== 0 || !last) throw new Error(`xload ${args[0]} failed (${code}): ${said.trim()}`);
  return { ...last, ok: true };
}
