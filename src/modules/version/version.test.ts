import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ns } from '#core';
import version from '#modules/version';
import { TestHost } from '../../../test/support/test-host.ts';

const query = ns('jabber:iq:version')('query');

async function answer(config: object) {
  const server = await TestHost.start([[version, config]], ['romeo']);
  return (await server.connect('romeo', 'orchard').request('get', query, 'example.com')).payload;
}

test('name and version are those of the package', async () => {
  const { version: released } = JSON.parse(readFileSync('package.json', 'utf8'));
  const told = await answer({});
  expect(told?.childText('name')).toBe('Tharsis');
  expect(told?.childText('version')).toBe(released);
});

test('the operating system is told only when configured', async () => {
  expect((await answer({}))?.child('os')).toBeUndefined();
  expect((await answer({ show_os: true }))?.childText('os')).toBe(process.platform);
});
