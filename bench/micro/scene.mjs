/**
 * Everybody in a scene moves at 10 Hz and sees about 50 others: CPU time of a delivered update, for the index, the encoding and the
 * hand-over, without sockets. `npm run bench:scene`; `-- --write-docs` puts table and chart into docs/performance.md.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Space } from '../../dist/modules/scene/space/space.js';
import { lineChart } from '../chart.mjs';
import { machine, machineLine, rewriteBlock } from '../report.mjs';

const { values: options } = parseArgs({ options: { 'write-docs': { type: 'boolean', default: false } } });
const at = (path) => fileURLToPath(new URL(`../../docs/${path}`, import.meta.url));

const SIZES = [1_000, 2_000, 5_000, 10_000, 20_000, 50_000];
const NEIGHBOURS = 50;
const TARGET = 100;
const INNER = 50;
const OUTER = 55;
/** Between the radii pairs stay as they were, so the density is for a radius between them. */
const SIGHT = 51.5;
/** Five units a second, a running person in metres. */
const STEP = 0.5;
const HERTZ = 10;
const ROUNDS = 7;

/** A random number from 0 to 1, the same in each run. */
function generator(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

class Walker {
  slot = -1;
  takesMovements = true;
  received = 0;
  bytes = 0;
  #encoded;

  constructor(x, y, heading) {
    this.position = { x, y, z: 0 };
    this.heading = heading;
  }

  /** On, and back from the edge of the world. */
  walk(random, edge) {
    this.heading += (random() - 0.5) / 2;
    let x = this.position.x + STEP * Math.cos(this.heading);
    let y = this.position.y + STEP * Math.sin(this.heading);
    if (x < 0 || x > edge || y < 0 || y > edge) {
      this.heading += Math.PI;
      x = Math.min(Math.max(x, 0), edge);
      y = Math.min(Math.max(y, 0), edge);
    }
    this.position = { x, y, z: 0 };
    this.#encoded = undefined;
  }

  /** Made once for all who see it. */
  get encoded() {
    const { x, y } = this.position;
    this.#encoded ??= `<move xmlns='urn:tharsis:scene:0' x='${x.toFixed(2)}' y='${y.toFixed(2)}'/>`;
    return this.#encoded;
  }

  sees() {}
  losesSightOf() {}
  seesMoving(moved, count) {
    this.received += count;
    for (let i = 0; i < count; i++) this.bytes += moved[i].encoded.length;
  }
}

/** Nanoseconds of CPU for an update: the best of several rounds, each a second of the scene. */
function measure(size) {
  const random = generator(size);
  const edge = Math.sqrt((size * Math.PI * SIGHT ** 2) / NEIGHBOURS);
  const space = new Space({ inner: INNER, outer: OUTER, budget: 10_000, zones: [] });
  const walkers = Array.from({ length: size }, () => new Walker(random() * edge, random() * edge, random() * 7));
  for (const walker of walkers) {
    space.enter(walker, walker.position);
    space.watch(walker, true);
  }
  const received = () => walkers.reduce((sum, walker) => sum + walker.received, 0);
  let best = { ns: Number.POSITIVE_INFINITY };
  for (let round = 0; round < ROUNDS; round++) {
    const before = received();
    let micros = 0;
    let longest = 0;
    for (let tick = 0; tick < HERTZ; tick++) {
      for (const walker of walkers) walker.walk(random, edge);
      const begun = process.cpuUsage();
      for (const walker of walkers) space.move(walker, walker.position);
      space.advance();
      const { user, system } = process.cpuUsage(begun);
      micros += user + system;
      longest = Math.max(longest, user + system);
    }
    const updates = received() - before;
    const ns = (micros * 1_000) / updates;
    if (ns < best.ns) best = { size, ns, updates, longest, neighbours: updates / HERTZ / size, core: micros / 1e4 };
  }
  return best;
}

measure(SIZES[0]); // so that the first row is compiled as the others are
const results = SIZES.map(measure);
const rows = results.map(({ size, ns, updates, neighbours, longest, core }) =>
  [
    size.toLocaleString('en'),
    neighbours.toFixed(1),
    updates.toLocaleString('en'),
    ns.toFixed(1),
    (longest / 1_000).toFixed(1),
    `${core.toFixed(0)} %`,
  ].join(' | '),
);
const table = [
  '| members | in sight of each | updates a second | ns an update | longest tick, ms | of a core |',
  '| --- | --- | --- | --- | --- | --- |',
  ...rows.map((row) => `| ${row} |`),
].join('\n');
console.log(`${machineLine(machine())}\n\n${table}`);
if (options['write-docs']) {
  const title = 'CPU of a delivered update by the number of members';
  const points = results.map(({ size, ns }) => [size, ns]);
  const axes = { x: 'members, all moving at 10 Hz', y: 'CPU of a delivered update, ns' };
  writeFileSync(at('images/scene-updates.svg'), lineChart({ title, ...axes, points, target: TARGET }));
  const image = '![CPU of a delivered update by the number of members](images/scene-updates.svg)';
  rewriteBlock(at('performance.md'), 'scene', `${machineLine(machine())}.\n\n${table}\n\n${image}`);
}
