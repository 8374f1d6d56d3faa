/** The process that sqlite-kill.test.ts kills: writes as fast as it can and prints what was acknowledged. */
import { writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { lockData, openSqlite } from '../../src/storage/sqlite/index.ts';

const [file = '', first = ''] = process.argv.slice(2);
lockData(dirname(file));
// So little may wait that there is always something on its way from the journal to blocks.
const stores = openSqlite({ file, durability: 'normal', waiting: 20_000 }).stores('localhost');
const map = stores.map<number>('map');
const archive = stores.archive('archive');

for (let n = Number(first); ; n += 10) {
  const turn = Array.from({ length: 10 }, (_, i) => n + i);
  for (const number of turn) {
    void map.update('owner', `${number}`, () => number);
    archive.append(`owner${number % 7}`, { at: number, with: '', data: `${number} `.repeat(60) });
  }
  await stores.committed();
  writeSync(1, `${turn.join('\n')}\n`);
}
