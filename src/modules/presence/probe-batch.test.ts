/** Many probes to one server in one request */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { printXml } from '../../../test/scenarios/runner/xml.ts';
import { type FederatedServer, logInTo, startFederated } from '../../../test/support/federated.ts';

const CONTACTS = 40;
const JULIET = 'juliet@capulet.example';
const contact = (n: number) => `romeo${n}@montague.example`;

let capulet: FederatedServer;
let montague: FederatedServer;
beforeEach(async () => {
  [capulet, montague] = (await startFederated({ 'capulet.example': {}, 'montague.example': {} })) as [
    FederatedServer,
    FederatedServer,
  ];
});
afterEach(async () => {
  await capulet.stop();
  await montague.stop();
});

/** As if they had been subscribed long ago. */
async function befriend(server: FederatedServer, user: string, other: string): Promise<void> {
  const items = server.host.stores.map<object>('roster');
  await items.update(user, other, () => ({ listed: true, subscription: 'both' }));
}

it('brings the presence of who is there and the absence of the others, with few stanzas', async () => {
  await capulet.addUser('juliet', 'secret');
  for (let n = 0; n < CONTACTS; n++) {
    await montague.addUser(`romeo${n}`, 'secret');
    await befriend(capulet, 'juliet', contact(n));
    // The last is not subscribed at his side any more.
    if (n < CONTACTS - 1) await befriend(montague, `romeo${n}`, JULIET);
  }
  const there = [3, 17, 38];
  for (const n of there) (await logInTo(montague, `romeo${n}`)).send(`<presence xmlns='jabber:client'/>`);

  const juliet = await logInTo(capulet, 'juliet');
  juliet.send(`<iq xmlns='jabber:client' type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>`);
  juliet.send(`<presence xmlns='jabber:client'/>`);
  const seen = new Map<string, string | undefined>();
  while (seen.size < CONTACTS) {
    const { attrs } = await juliet.find('presence');
    const from = (attrs.from ?? '').replace(/\/.*/, '');
    if (from !== JULIET) seen.set(from, attrs.type);
  }
  const expected = Array.from({ length: CONTACTS }, (_, n) => [
    contact(n),
    there.includes(n) ? undefined : n === CONTACTS - 1 ? 'unsubscribed' : 'unavailable',
  ]);
  expect(Object.fromEntries(seen)).toEqual(Object.fromEntries(expected));

  // Her own presence to all, some probes on their own, and two requests for all others.
  const [{ stanzasOut } = { stanzasOut: 0 }] = [...(capulet.federation?.list(undefined) ?? [])];
  expect(stanzasOut).toBeLessThan(CONTACTS + 20);
});

it('is for servers, about their own users only', async () => {
  const juliet = await logInTo(capulet, 'juliet');
  const probes = `<probes xmlns='urn:x-tharsis:probes:0'><probe from='${JULIET}' to='${contact(1)}'/></probes>`;
  juliet.send(`<iq xmlns='jabber:client' type='set' id='p' to='montague.example'>${probes}</iq>`);
  const answer = await juliet.find('iq');
  expect(answer.attrs.type).toBe('error');
  expect(printXml(answer)).toContain('forbidden');
});
