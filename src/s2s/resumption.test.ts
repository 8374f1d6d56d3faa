/** XEP-0198 between two servers of ours, whose connections are cut */
import { afterEach, expect, it } from 'vitest';
import { CuttingProxy } from '../../test/campaigns/loss/cutting-proxy.ts';
import { type FederatedServer, logInTo, startFederated } from '../../test/support/federated.ts';
import type { RawTcpClient } from '../../test/support/raw-client.ts';

const running: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of running.splice(0).reverse()) await one.close();
});

/** The way from the first to the second can be cut; the second has none to the first but streams the first began. */
async function start(s2s: Record<string, unknown> = {}): Promise<[FederatedServer, FederatedServer, CuttingProxy]> {
  const [capulet, montague] = (await startFederated({
    'capulet.example': { s2s },
    'montague.example': { s2s },
  })) as [FederatedServer, FederatedServer];
  const proxy = await CuttingProxy.listen();
  proxy.target = montague.port('s2s');
  await capulet.leadTo('montague.example', proxy.port);
  running.push({ close: () => proxy.close() }, { close: () => capulet.stop() }, { close: () => montague.stop() });
  return [capulet, montague, proxy];
}

const POLL = { interval: 10, timeout: 20_000 };

const say = (to: string, n: number) =>
  `<message xmlns='jabber:client' to='${to}' type='chat' id='${n}'><body>${'x'.repeat(100)}</body></message>`;

/** The ids of messages, as they come. */
function collect(client: RawTcpClient): string[] {
  const seen: string[] = [];
  void (async () => {
    for (;;) seen.push((await client.find('message')).attrs.id ?? '');
  })().catch(() => {});
  return seen;
}

it('goes on, both ways, when only the server that began the stream knows that its connection is lost', async () => {
  const [capulet, montague, proxy] = await start();
  const juliet = await logInTo(capulet, 'juliet');
  const romeo = await logInTo(montague, 'romeo');
  const [atRomeo, atJuliet] = [collect(romeo), collect(juliet)];
  const expected: string[] = [];
  for (let n = 0; n < 3; n++) {
    await proxy.links[0]?.cut('client', 0);
    juliet.send(say('romeo@montague.example/test', n));
    expected.push(`${n}`);
    await expect.poll(() => atRomeo, POLL).toEqual(expected);
    romeo.send(say('juliet@capulet.example/test', n));
    await expect.poll(() => atJuliet, POLL).toEqual(expected);
  }
});

it('nothing is lost, nothing comes twice and nothing overtakes, in both directions', async () => {
  const [capulet, montague, proxy] = await start();
  const juliet = await logInTo(capulet, 'juliet');
  const romeo = await logInTo(montague, 'romeo');
  const [atRomeo, atJuliet] = [collect(romeo), collect(juliet)];
  const expected: string[] = [];
  for (const bytes of [0, 1, 1_000, 5_000, 9_000, 100_000]) {
    const cut = proxy.links[0]?.cut('both', bytes);
    for (let n = 0; n < 50; n++) {
      juliet.send(say('romeo@montague.example/test', expected.length));
      romeo.send(say('juliet@capulet.example/test', expected.length));
      expected.push(`${expected.length}`);
    }
    await cut;
    await expect.poll(() => [atRomeo.length, atJuliet.length], POLL).toEqual([expected.length, expected.length]);
  }
  expect(atRomeo).toEqual(expected);
  expect(atJuliet).toEqual(expected);
}, 60_000);
