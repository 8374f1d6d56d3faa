// Medians, ratios, Markdown.
import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';

/** @param {number[]} values */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function machine() {
  const [cpu] = os.cpus();
  return {
    cpu: cpu?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    memory: `${Math.round(os.totalmem() / 2 ** 30)} GB`,
    system: `${os.type()} ${os.release()}`,
    node: process.version,
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
  };
}

export const machineLine = (m) => `${m.date} UTC; ${m.cpu}, ${m.cores} cores, ${m.memory}; ${m.system}; Node ${m.node}`;

const digits = (value) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));

/** What would be wrong with a run, in words; empty when nothing is. */
export function complaints(run) {
  const counted = ['errors', 'failures', 'disconnects', 'stalls', 'lost', 'unexpected'].filter((name) => run[name]);
  return counted.map((name) => `${run[name]} ${name}`).join(', ');
}

/** Ours to theirs, and what that ratio was when the target was set. */
function comparison(row, peer, ours, theirs) {
  if (ours === undefined || theirs === undefined) return undefined;
  const reference = row.reference[peer];
  const goal = reference === undefined ? undefined : row.target / reference;
  return { ratio: ours / theirs, goal };
}

function peerCell(row, peer, figures) {
  const theirs = figures[peer];
  if (theirs === undefined) return '–';
  const compared = comparison(row, peer, figures.tharsis, theirs);
  if (!compared) return digits(theirs);
  const goal = compared.goal === undefined ? '' : `, aim ${compared.goal.toFixed(2)}`;
  return `${digits(theirs)} (ratio ${compared.ratio.toFixed(2)}${goal})`;
}

/**
 * @param {Record<string, { row: import('./rows.mjs').Row, figures: Record<string, number> }>} results medians by row and server
 * @param {import('./servers.mjs').Server[]} servers
 */
export function table(results, servers) {
  const peers = servers.filter((server) => server.name !== 'tharsis');
  const lines = [
    `| | target | Tharsis | ${peers.map((peer) => peer.title).join(' | ')} |`,
    `|---|---|---|${peers.map(() => '---|').join('')}`,
  ];
  for (const { row, figures } of Object.values(results)) {
    const ours = figures.tharsis === undefined ? '–' : `**${digits(figures.tharsis)}**`;
    const cells = peers.map((peer) => peerCell(row, peer.name, figures));
    lines.push(`| ${row.title}, ${row.unit} | ${row.target} | ${ours} | ${cells.join(' | ')} |`);
  }
  return lines.join('\n');
}

/** Replaces what is between `<!-- NAME:begin -->` and `<!-- NAME:end -->`; throws when the markers are not there. */
export function rewriteBlock(file, name, markdown) {
  const text = readFileSync(file, 'utf8');
  const begin = `<!-- ${name}:begin -->`;
  const from = text.indexOf(begin);
  const to = text.indexOf(`<!-- ${name}:end -->`);
  if (from < 0 || to < from) throw new Error(`${file} has no block ${name}`);
  writeFileSync(file, `${text.slice(0, from + begin.length)}\n${markdown.trim()}\n${text.slice(to)}`);
}
