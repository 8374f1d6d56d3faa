import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { AuthProvider } from '#core';
import { providerHost } from '../../../test/support/auth-context.ts';
import { type HttpService, type Question, startHttpService } from '../../../test/support/http-service.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import http from './index.ts';

const clock = new ManualClock();
const services: HttpService[] = [];
afterEach(async () => {
  for (const each of services.splice(0)) await each.close();
});

async function service(answer: (question: Question, response: ServerResponse) => number | undefined) {
  const made = await startHttpService(answer);
  services.push(made);
  return made;
}

async function provider(options: object): Promise<AuthProvider> {
  return http.create(http.config?.parse(options) as never, providerHost({ clock }));
}

const temporary = { condition: 'temporary-auth-failure' };

describe('the HTTP auth provider', () => {
  it('posts the password with who and where', async () => {
    const { url, questions } = await service(() => 200);
    const { verifyPassword } = await provider({ url: `${url}/login`, authorization: 'Bearer key' });
    expect(await verifyPassword('juliet', 'r0m30 ♥', '192.0.2.1')).toBe(true);
    expect(questions).toMatchObject([
      {
        path: '/login',
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer key' },
        body: { username: 'juliet', password: 'r0m30 ♥', domain: 'example.org', address: '192.0.2.1' },
      },
    ]);
  });

  it.each([
    [200, true],
    [204, true],
    [401, false],
    [403, false],
    [404, false],
  ])('takes status %i for %s', async (status, expected) => {
    const { url } = await service(() => status);
    expect(await (await provider({ url })).verifyPassword('juliet', 'x')).toBe(expected);
  });

  it.each([302, 400, 429, 500, 503])('takes status %i for a temporary failure', async (status) => {
    const { url } = await service((_question, response) => void response.writeHead(status, { location: '/' }).end());
    await expect((await provider({ url })).verifyPassword('juliet', 'x')).rejects.toMatchObject(temporary);
  });

  it('does not mind what is in the body', async () => {
    const { url } = await service((_question, response) => void response.end('x'.repeat(1_000_000)));
    expect(await (await provider({ url })).verifyPassword('juliet', 'x')).toBe(true);
  });

  it('asks whether there is an account only when it is told where', async () => {
    const { url, questions } = await service(({ body }) => (body.username === 'juliet' ? 200 : 404));
    expect((await provider({ url })).exists).toBeUndefined();
    const { exists } = await provider({ url, exists_url: `${url}/exists` });
    expect(await exists?.('juliet')).toBe(true);
    expect(await exists?.('tybalt')).toBe(false);
    expect(questions[0]).toMatchObject({ path: '/exists', body: { username: 'juliet', domain: 'example.org' } });
  });

  it('waits as long as it may, and no longer', async () => {
    let arrived = () => {};
    const asked = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const { url } = await service(() => void arrived());
    const outcome = (await provider({ url, timeout_seconds: 2 })).verifyPassword('juliet', 'x');
    await asked;
    clock.advance(2_000);
    await expect(outcome).rejects.toMatchObject(temporary);
  });

  it('has a temporary failure where nobody listens', async () => {
    const { url, close } = await startHttpService(() => 200);
    await close();
    await expect((await provider({ url })).verifyPassword('juliet', 'x')).rejects.toMatchObject(temporary);
  });

  it('asks so many at once, lets some wait, and refuses the rest', async () => {
    const open: ServerResponse[] = [];
    let arrived = () => {};
    const { url, questions } = await service((_question, response) => {
      open.push(response);
      arrived();
      return undefined;
    });
    const next = () =>
      new Promise<void>((resolve) => {
        arrived = resolve;
      });
    const { verifyPassword } = await provider({ url, parallel: 1, queue: 1 });
    const first = next();
    const outcomes = ['juliet', 'romeo', 'tybalt'].map((name) => verifyPassword(name, 'x'));
    await expect(outcomes[2]).rejects.toMatchObject(temporary);
    await first;
    const second = next();
    open[0]?.writeHead(200).end();
    expect(await outcomes[0]).toBe(true);
    await second;
    open[1]?.writeHead(403).end();
    expect(await outcomes[1]).toBe(false);
    expect(questions.map(({ body }) => body.username)).toEqual(['juliet', 'romeo']);
  });

  it('who waited too long for a turn is not asked about any more', async () => {
    let arrived = () => {};
    const asked = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const { url, questions } = await service(() => void arrived());
    const { verifyPassword } = await provider({ url, parallel: 1, timeout_seconds: 1 });
    const outcomes = [verifyPassword('juliet', 'x'), verifyPassword('romeo', 'x')];
    await asked;
    clock.advance(1_000);
    for (const outcome of outcomes) await expect(outcome).rejects.toMatchObject(temporary);
    expect(questions).toHaveLength(1);
  });

  it('remembers an answer of no for the same password, and only as long as configured', async () => {
    const { url, questions } = await service(({ body }) => (body.password === 'right' ? 200 : 403));
    const { verifyPassword } = await provider({ url, negative_cache_seconds: 10 });
    expect(await verifyPassword('juliet', 'wrong')).toBe(false);
    expect(await verifyPassword('juliet', 'wrong')).toBe(false);
    expect(questions).toHaveLength(1);
    expect(await verifyPassword('juliet', 'right')).toBe(true);
    expect(await verifyPassword('juliet', 'right')).toBe(true);
    expect(await verifyPassword('romeo', 'wrong')).toBe(false);
    expect(questions).toHaveLength(4);
    clock.advance(10_000);
    expect(await verifyPassword('juliet', 'wrong')).toBe(false);
    expect(questions).toHaveLength(5);
  });

  it('remembers nothing by default', async () => {
    const { url, questions } = await service(() => 403);
    const { verifyPassword } = await provider({ url });
    for (const _ of [1, 2]) expect(await verifyPassword('juliet', 'wrong')).toBe(false);
    expect(questions).toHaveLength(2);
  });

  it.each([{}, { url: 'ftp://example.org' }, { url: 'http://x', timeout_seconds: 0 }, { url: 'http://x', retries: 3 }])(
    'refuses the options %j',
    (options) => {
      expect(http.config?.safeParse(options).success).toBe(false);
    },
  );
});
