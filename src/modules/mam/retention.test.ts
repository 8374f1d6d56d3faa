import { expect, test } from 'vitest';
import mam from '#modules/mam';
import roster from '#modules/roster';
import { settled, type TestClient, TestHost } from '../../../test/support/test-host.ts';

const DAY = 86_400_000;
/** More turns than any of these archives takes. */
const rest = async () => {
  for (let turn = 0; turn < 20; turn++) await settled();
};

async function start(
  options: object,
): Promise<{ server: TestHost; say: (count: number, length?: number) => Promise<void> }> {
  const server = await TestHost.start([roster, [mam, options]], ['romeo', 'juliet']);
  const romeo: TestClient = await server.logIn('romeo', 'orchard');
  const say = async (count: number, length = 1) => {
    const text = 'x'.repeat(length);
    for (let sent = 0; sent < count; sent++) {
      romeo.send(`<message to='juliet@example.com'><body>${text}</body></message>`);
      if (sent % 16 === 0) await settled();
    }
    await rest();
  };
  return { server, say };
}

const extent = (server: TestHost, owner = 'romeo') => server.host.stores.archive('mam').extent(owner);

test('an archive has not many more messages than it may, and the oldest go', async () => {
  const { server, say } = await start({ max_messages: 1_000 });
  await say(1_000);
  expect(await extent(server)).toMatchObject({ first: 1, last: 1_000 });
  await say(1_000);
  const { first, last } = await extent(server);
  expect(last).toBe(2_000);
  expect(last - first + 1).toBeGreaterThanOrEqual(1_000);
  expect(last - first + 1).toBeLessThan(1_064);
});

test('an archive is not much larger than it may', async () => {
  const { server, say } = await start({ max_megabytes: 1 });
  await say(128, 5_000);
  expect(await extent(server)).toMatchObject({ first: 1, last: 128 });
  await say(192, 5_000);
  const { first, last, size } = await extent(server);
  expect(last).toBe(320);
  expect(size).toBeLessThanOrEqual(1_048_576);
  expect(size).toBeGreaterThan(1_000_000);
  expect(first).toBeGreaterThan(100);
});

test('messages go when they are too old, also from archives that nothing comes to', async () => {
  const { server, say } = await start({ keep_days: 7 });
  await say(200);
  server.clock.advance(3 * DAY);
  await say(1);
  expect(await extent(server)).toMatchObject({ first: 1, last: 201 });
  server.clock.advance(4 * DAY);
  await rest();
  server.clock.advance(3_600_000);
  await rest();
  for (const owner of ['romeo', 'juliet']) expect(await extent(server, owner)).toMatchObject({ first: 201, last: 201 });
  expect(server.log).toEqual([]);
});

test('nothing goes by age where no age is set', async () => {
  const { server, say } = await start({});
  await say(1);
  server.clock.advance(36_500 * DAY);
  await rest();
  expect(await extent(server)).toMatchObject({ first: 1, last: 1 });
});
