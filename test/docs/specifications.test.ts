/** What the repository says of itself follows the code */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { coreRfcs, coreXeps, parseDocument } from '#core';
import { doap, withTable } from '../../scripts/specifications.ts';
import { catalog } from '../../src/catalog.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const declared = { rfcs: coreRfcs, xeps: coreXeps, modules: catalog.modules };
const stale = 'run "npm run docs:doap"';

describe('what the repository says it implements', () => {
  it('is in doap.xml as the code declares it', () => {
    expect(read('doap.xml'), stale).toBe(doap(JSON.parse(read('package.json')), declared));
  });

  it('is well-formed XML in doap.xml', () => {
    const [, ...lines] = read('doap.xml').trim().split('\n');
    const limits = { stanzaBytes: 1_000_000, depth: 10, attributes: 10, children: 1_000 };
    const project = parseDocument(lines.join('\n'), limits).elements()[0];
    expect(project?.name).toBe('Project');
    expect(project?.elements().filter(({ name }) => name === 'implements')).not.toEqual([]);
  });

  it('is in the table of the README as the code declares it', () => {
    const readme = read('README.md');
    expect(readme, stale).toBe(withTable(readme, declared));
  });

  it('names each XEP once', () => {
    const xeps = [...coreXeps, ...catalog.modules.flatMap(({ xeps = [] }) => xeps)].map(({ xep }) => xep);
    expect(new Set(xeps).size).toBe(xeps.length);
  });
});
