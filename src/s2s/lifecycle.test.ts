/** How long streams last, and what they may carry */
import { afterEach, expect, it } from 'vitest';
import { type FederatedOptions, type FederatedServer, logInTo, startFederated } from '../../test/support/federated.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';

const running: FederatedServer[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
});

const POLL = { interval: 5, timeout: 5_000 };

async function start(domains: Readonly<Record<string, FederatedOptions>>): Promise<[FederatedServer, FederatedServer]> {
  const servers = await startFederated(domains);
  running.push(...servers);
  return servers as [FederatedServer, FederatedServer];
}

const say = (to: string, id: string, body = id) =>
  `<message xmlns='jabber:client' to='${to}' type='chat' id='${id}'><body>${body}</body></message>`;

const streams = (server: FederatedServer) => [...(server.federation?.list(undefined) ?? [])];

it('a stream without stanzas is closed after its time, and the next stanza opens one', async () => {
  const clock = new ManualClock(Date.now());
  const [capulet, montague] = await start({
    'capulet.example': { clock, s2s: { idle_seconds: 60 } },
    'montague.example': { clock, s2s: { idle_seconds: 3_600 } },
  });
  const juliet = await logInTo(capulet, 'juliet');
  const romeo = await logInTo(montague, 'romeo');
  for (const id of ['one', 'two']) {
    juliet.send(say('romeo@montague.example/test', id));
    expect((await romeo.find('message')).attrs.id).toBe(id);
    await expect.poll(() => streams(capulet).map(({ state }) => state), POLL).toEqual(['open']);
    await expect.poll(() => streams(capulet)[0]?.waiting, POLL).toBe(0);
    clock.advance(55_000);
    expect(streams(capulet)).toHaveLength(1);
    await expect
      .poll(() => {
        clock.advance(200);
        return [...streams(capulet), ...streams(montague)];
      }, POLL)
      .toEqual([]);
  }
});

it('a domain that sends more than it may is read no faster, and nothing is lost', async () => {
  const clock = new ManualClock(Date.now());
  const [capulet, montague] = await start({
    'capulet.example': {},
    'montague.example': { clock, s2s: { bytes_per_second: 10_000 } },
  });
  const juliet = await logInTo(capulet, 'juliet');
  const romeo = await logInTo(montague, 'romeo');
  const COUNT = 40;
  let heard = 0;
  void (async () => {
    for (;;) {
      await romeo.find('message');
      heard++;
    }
  })().catch(() => {});
  for (let n = 0; n < COUNT; n++) juliet.send(say('romeo@montague.example/test', `${n}`, 'x'.repeat(10_000)));
  // Ten seconds' worth, and what came in the same piece.
  await expect.poll(() => heard, POLL).toBeGreaterThanOrEqual(9);
  expect(heard).toBeLessThan(COUNT);
  await expect
    .poll(() => {
      clock.advance(1_000);
      return heard;
    }, POLL)
    .toBe(COUNT);
});

it('the addresses of stanzas between services and users of two servers are theirs', async () => {
  const [capulet, montague] = await start({ 'capulet.example': {}, 'montague.example': {} });
  await capulet.leadTo('conference.montague.example', montague.port('s2s'));
  await montague.leadTo('conference.capulet.example', capulet.port('s2s'));
  const juliet = await logInTo(capulet, 'juliet');
  juliet.send(
    `<iq xmlns='jabber:client' type='get' id='d' to='conference.montague.example'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>`,
  );
  expect((await juliet.find('iq')).attrs).toMatchObject({ type: 'result', from: 'conference.montague.example' });
});
