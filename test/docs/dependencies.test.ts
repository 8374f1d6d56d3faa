/** docs/dependencies.md has a row for what is installed with the server, and for nothing else */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

const { dependencies, optionalDependencies }: Manifest = JSON.parse(read('package.json'));
const { packages }: { packages: Record<string, { version: string }> } = JSON.parse(read('package-lock.json'));
const page = read('docs/dependencies.md');

it.each(Object.keys({ ...dependencies, ...optionalDependencies }))('%s is explained in its present version', (name) => {
  const line = page.split('\n').find((text) => text.includes(`[${name}](`));
  expect(line).toContain(packages[`node_modules/${name}`]?.version);
});

it('nothing is explained that is not installed', () => {
  const explained = [...page.matchAll(/\[([^\]]+)\]\(https:\/\/www\.npmjs\.com/g)].map(([, name]) => name);
  expect(explained.sort()).toEqual(Object.keys({ ...dependencies, ...optionalDependencies }).sort());
});
