import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ConfigError } from '#core';
import { selfSigned } from './certificates.ts';
import { createTestServer } from './testing.ts';

let dir: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tharsis-certificates-'));
  const [one, other] = await Promise.all([selfSigned(['localhost'], 0), selfSigned(['localhost'], 0)]);
  writeFileSync(join(dir, 'one.key'), one.key);
  writeFileSync(join(dir, 'one.crt'), one.certificate);
  writeFileSync(join(dir, 'other.key'), other.key);
  writeFileSync(join(dir, 'empty'), '');
  writeFileSync(join(dir, 'cut'), one.certificate.slice(0, 200));
});
afterAll(() => rmSync(dir, { recursive: true }));

const start = async (yaml: string) => {
  const configFile = join(dir, 'tharsis.yaml');
  writeFileSync(configFile, yaml);
  return createTestServer({ configFile });
};

it('are taken from the files that are named relative to the configuration', async () => {
  await (await start('certificates: {key: one.key, certificate: one.crt}')).stop();
});

it.each([
  ['a file that is not there', '{key: none.key, certificate: one.crt}', 'certificates.key: cannot read'],
  ['a key of another certificate', '{key: other.key, certificate: one.crt}', 'certificates: other.key is the key of'],
  ['an empty key', '{key: empty, certificate: one.crt}', 'certificates.key: '],
  ['an empty certificate', '{key: one.key, certificate: empty}', 'certificates.certificate: '],
  ['half a certificate', '{key: one.key, certificate: cut}', 'certificates.certificate: '],
  ['one file for the other', '{key: one.crt, certificate: one.key}', 'certificates.key: '],
])('%s is told with the place in the configuration', async (_, files, text) => {
  const error: unknown = await start(`\ncertificates: ${files}`).catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(ConfigError);
  expect((error as Error).message).toContain(`tharsis.yaml:2: ${text}`);
});

it('authorities for client certificates that are none are told as well', async () => {
  await expect(start('auth: {client_ca: one.key}')).rejects.toThrow(/auth\.client_ca: .*one\.key has no certificate/);
});
