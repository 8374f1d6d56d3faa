/** docs/http-api.md: its examples do what it says, and the description is OpenAPI */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestServer, type TestServer } from '../../src/testing.ts';

const run = promisify(execFile);
const page = await readFile(new URL('../../docs/http-api.md', import.meta.url), 'utf8');

interface Example {
  readonly script: string;
  /** What the page says it prints, where it does. */
  readonly output: string | undefined;
}

const examples: Example[] = [...page.matchAll(/```sh\n(curl .*?)```\n(?:\n```json\n(.*?)\n```)?/gs)].map(
  ([, script = '', output]) => ({ script, output }),
);

interface Description {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, { readonly post?: object }>>;
}

let server: TestServer;
let directory: string;
let token: string;

beforeAll(async () => {
  server = await createTestServer();
  directory = await mkdtemp(join(tmpdir(), 'tharsis-api-'));
  ({ token } = (await server.commands.run('token.create', { scope: ['admin'] })) as { token: string });
});
afterAll(async () => {
  await server.stop();
  await rm(directory, { recursive: true });
});

it('has examples', () => {
  expect(examples.length).toBeGreaterThan(3);
});

it.each(examples)('prints what the page says: $script', async ({ script, output }) => {
  const here = script.replaceAll('127.0.0.1:5280', `127.0.0.1:${server.port('websocket')}`);
  const { stdout } = await run('sh', ['-ec', here], { cwd: directory, env: { ...process.env, TOKEN: token } });
  if (output !== undefined) expect(stdout).toBe(output);
});

it('is described in valid OpenAPI 3.1, every command of it', async () => {
  const answer = await fetch(`http://127.0.0.1:${server.port('websocket')}/v1/openapi.json`);
  const description = (await answer.json()) as Description;
  expect(description.openapi).toBe('3.1.0');
  expect(Object.keys(description.paths).sort()).toEqual(
    server.commands
      .list()
      .map(({ name }) => `/${name.replace('.', '/')}`)
      .sort(),
  );
  const { valid, errors } = await new Validator().validate({ ...description });
  expect(errors).toBeUndefined();
  expect(valid).toBe(true);
  expect(description.paths['/user/add']?.post).toHaveProperty(
    ['requestBody', 'content', 'application/json', 'schema', 'properties', 'password', 'writeOnly'],
    true,
  );
});
