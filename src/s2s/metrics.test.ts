/** What is counted of the traffic with other servers */
import { afterEach, expect, it } from 'vitest';
import { type FederatedOptions, type FederatedServer, logInTo, startFederated } from '../../test/support/federated.ts';

const running: FederatedServer[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
});

async function start(options: FederatedOptions = {}): Promise<FederatedServer> {
  const [capulet, ...others] = await startFederated({ 'capulet.example': options, 'montague.example': {} });
  running.push(capulet as FederatedServer, ...others);
  return capulet as FederatedServer;
}

/** Samples by name and labels. */
function measured(server: FederatedServer): Record<string, number> {
  const samples: Record<string, number> = {};
  for (const metric of server.federation?.metrics() ?? []) {
    for (const { labels, value } of metric.samples) {
      samples[[metric.name.replace('tharsis_s2s_', ''), ...Object.values(labels ?? {})].join(' ')] = value;
    }
  }
  return samples;
}

const say = (to: string) => `<message xmlns='jabber:client' to='${to}' type='chat'><body>ay me</body></message>`;

it('stanzas are counted by domain, in both directions, and so are streams', async () => {
  const capulet = await start();
  const juliet = await logInTo(capulet, 'juliet');
  juliet.send(say('nobody@montague.example'));
  expect((await juliet.find('message')).attrs.type).toBe('error');
  expect(measured(capulet)).toMatchObject({
    'sent_total montague.example': 1,
    'received_total montague.example': 1,
    'sent_total (other)': 0,
    'streams montague.example outgoing open': 1,
    'queue_stanzas montague.example': 0,
    'queue_bytes montague.example': 0,
  });
});

it('what cannot be sent is counted by the condition it is answered with, and by how far the attempt came', async () => {
  const capulet = await start({ s2s: { block: ['enemy.example'], queue_seconds: 1 } });
  await capulet.leadTo('closed.example', 1);
  const juliet = await logInTo(capulet, 'juliet');
  juliet.send(say('x@enemy.example'));
  await juliet.find('message');
  juliet.send(say('x@closed.example'));
  await juliet.find('message');
  const { 'dial_failures_total (other) connection': failures, ...rest } = measured(capulet);
  expect(failures).toBeGreaterThanOrEqual(1);
  expect(rest).toMatchObject({
    'bounced_total (other) not-allowed': 1,
    'bounced_total (other) remote-server-timeout': 1,
  });
});

it('no more domains than the configuration says have a name of their own', async () => {
  const capulet = await start({ s2s: { metrics_domains: 0 } });
  const juliet = await logInTo(capulet, 'juliet');
  juliet.send(say('nobody@montague.example'));
  await juliet.find('message');
  const samples = measured(capulet);
  expect(samples).toMatchObject({ 'sent_total (other)': 1, 'streams (other) outgoing open': 1 });
  expect(Object.keys(samples).join('\n')).not.toContain('montague.example');
});
