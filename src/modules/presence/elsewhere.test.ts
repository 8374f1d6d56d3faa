/** RFC 6121 §3, §4 between two servers */
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { CuttingProxy } from '../../../test/campaigns/loss/cutting-proxy.ts';
import { type FederatedServer, logInTo, startFederated } from '../../../test/support/federated.ts';
import type { RawTcpClient } from '../../../test/support/raw-client.ts';

let capulet: FederatedServer;
let montague: FederatedServer;
beforeEach(async () => {
  const s2s = { queue_seconds: 2 };
  [capulet, montague] = (await startFederated({
    'capulet.example': { s2s },
    'montague.example': { s2s },
  })) as [FederatedServer, FederatedServer];
});
afterEach(async () => {
  await capulet.stop();
  await montague.stop();
});

const JULIET = 'juliet@capulet.example';
const ROMEO = 'romeo@montague.example';

/** The next presence of this type from the address, whatever else comes. */
async function sees(client: RawTcpClient, from: string, type?: string): Promise<void> {
  for (;;) {
    const { attrs } = await client.find('presence');
    if (attrs.from === from && attrs.type === type) return;
  }
}

async function available(server: FederatedServer, name: string): Promise<RawTcpClient> {
  const client = await logInTo(server, name);
  client.send(`<iq xmlns='jabber:client' type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>`);
  await client.find('iq');
  client.send(`<presence xmlns='jabber:client'/>`);
  return client;
}

const presence = (to: string, type: string) => `<presence xmlns='jabber:client' to='${to}' type='${type}'/>`;

/** Both see each other from now on. */
async function befriend(juliet: RawTcpClient, romeo: RawTcpClient): Promise<void> {
  juliet.send(presence(ROMEO, 'subscribe'));
  await sees(romeo, JULIET, 'subscribe');
  romeo.send(presence(JULIET, 'subscribed'));
  await sees(juliet, `${ROMEO}/test`);
  romeo.send(presence(JULIET, 'subscribe'));
  await sees(juliet, ROMEO, 'subscribe');
  juliet.send(presence(ROMEO, 'subscribed'));
  await sees(romeo, `${JULIET}/test`);
}

describe('users of two servers', () => {
  it('see each other when they are subscribed, also after a new login', async () => {
    const juliet = await available(capulet, 'juliet');
    const romeo = await available(montague, 'romeo');
    await befriend(juliet, romeo);
    juliet.send(`<presence xmlns='jabber:client' type='unavailable'/>`);
    await sees(romeo, `${JULIET}/test`, 'unavailable');
    const again = await logInTo(capulet, 'juliet', 'again');
    again.send(`<presence xmlns='jabber:client'/>`);
    await sees(again, `${ROMEO}/test`);
    await sees(romeo, `${JULIET}/again`);
  });

  it('are told when one leaves whom they were shown by directed presence', async () => {
    const juliet = await available(capulet, 'juliet');
    const romeo = await available(montague, 'romeo');
    juliet.send(`<presence xmlns='jabber:client' to='${ROMEO}/test'/>`);
    await sees(romeo, `${JULIET}/test`);
    juliet.destroy();
    await sees(romeo, `${JULIET}/test`, 'unavailable');
  });

  it('see nobody any more at a server that is gone', async () => {
    const juliet = await available(capulet, 'juliet');
    const romeo = await available(montague, 'romeo');
    const proxy = await CuttingProxy.listen();
    onTestFinished(() => proxy.close());
    proxy.target = montague.port('s2s');
    await capulet.leadTo('montague.example', proxy.port);
    await befriend(juliet, romeo);
    proxy.target = 1;
    await proxy.links[0]?.cut('both', 0);
    await sees(juliet, `${ROMEO}/test`, 'unavailable');
    juliet.send(`<message xmlns='jabber:client' to='${ROMEO}' id='late'><body/></message>`);
    expect((await juliet.find('message')).attrs).toMatchObject({ id: 'late', type: 'error' });
  });
});
