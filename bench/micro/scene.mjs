/**
 * Everybody in a scene moves at 10 Hz and sees about 50 others: CPU time of a delivered update, for the index, the encoding and the
 * hand-over, without sockets. `npm run bench:scene`; `-- --write-docs` puts table and chart into docs/performance.md.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Space } from '../../dist/modules/scene/space/space.js';
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

/** The chart, as SVG: members on a logarithmic axis, nanoseconds on the other. */
function chart(results) {
  const [width, height, left, bottom] = [640, 320, 56, 44];
  const most = Math.max(TARGET, ...results.map(({ ns }) => ns)) * 1.15;
  const [first, last] = [Math.log(SIZES[0]), Math.log(SIZES.at(-1))];
  const x = (size) => left + ((Math.log(size) - first) / (last - first)) * (width - left - 36);
  const y = (ns) => height - bottom - (ns / most) * (height - bottom - 28);
  const text = (px, py, what, anchor = 'middle') => `<text x='${px}' y='${py}' text-anchor='${anchor}'>${what}</text>`;
  const points = results.map(({ size, ns }) => `${x(size).toFixed(1)},${y(ns).toFixed(1)}`);
  return [
    `<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 ${width} ${height}' font-family='sans-serif' font-size='12' fill='#444'>`,
    '<title>CPU of a delivered update by the number of members</title>',
    `<rect width='${width}' height='${height}' fill='#fff'/>`,
    text(left, 16, 'CPU of a delivered update, ns', 'start'),
    `<path d='M${left},24V${height - bottom}H${width - 24}' fill='none' stroke='#444'/>`,
    ...[0, 25, 50, 75, 100].map((ns) => text(left - 8, y(ns) + 4, ns, 'end')),
    `<path d='M${left},${y(TARGET)}H${width - 24}' stroke='#c33' stroke-dasharray='6 4'/>`,
    text(width - 28, y(TARGET) - 6, 'target', 'end'),
    `<polyline points='${points.join(' ')}' fill='none' stroke='#2563eb' stroke-width='2'/>`,
    ...results.map(({ size, ns }) => `<circle cx='${x(size)}' cy='${y(ns)}' r='3.5' fill='#2563eb'/>`),
    ...results.map(({ size, ns }) => text(x(size), y(ns) - 9, ns.toFixed(0))),
    ...results.map(({ size }) => text(x(size), height - bottom + 18, size.toLocaleString('en'))),
    text((left + width) / 2, height - 6, 'members, all moving at 10 Hz'),
    '</svg>',
    '',
  ].join('\n');
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
  writeFileSync(at('images/scene-updates.svg'), chart(results));
  const image = '![CPU of a delivered update by the number of members](images/scene-updates.svg)';
  rewriteBlock(at('performance.md'), 'scene', `${machineLine(machine())}.\n\n${table}\n\n${image}`);
}
