import { beforeEach, describe, expect, it } from 'vitest';
import presence from '#modules/presence';
import roster from '#modules/roster';
import { settled, type TestClient, TestHost } from '../../../test/support/test-host.ts';

const NS = 'urn:xmpp:invisible:1';
const hide = (probe = 'false') => `<iq type='set' id='i'><invisible xmlns='${NS}' probe='${probe}'/></iq>`;
const show = `<iq type='set' id='v'><visible xmlns='${NS}'/></iq>`;

let host: TestHost;
let romeo: TestClient;
let juliet: TestClient;

beforeEach(async () => {
  host = await TestHost.start([roster, presence], ['romeo', 'juliet', 'tybalt']);
  romeo = await host.logIn('romeo', 'orchard');
  juliet = await host.logIn('juliet', 'balcony');
  for (const [one, other] of [
    [romeo, 'juliet'],
    [juliet, 'romeo'],
  ] as const) {
    await one.ask(`<presence to='${other}@example.com' type='subscribe'/>`);
  }
  await romeo.ask("<presence to='juliet@example.com' type='subscribed'/>");
  await juliet.ask("<presence to='romeo@example.com' type='subscribed'/>");
  await settled();
  for (const client of [romeo, juliet]) client.take();
});

const seen = (client: TestClient): string[] =>
  client
    .take()
    .filter((stanza) => stanza.startsWith('<presence') && stanza.includes('from="juliet@example.com/balcony"'));

describe('an invisible resource (§3.1)', () => {
  it('is seen to go, and what it says of itself afterwards is not told', async () => {
    expect(await juliet.ask(hide())).toContainEqual(expect.stringMatching(/^<iq id="i" type="result"/));
    expect(seen(romeo)).toEqual([expect.stringContaining('type="unavailable"')]);
    await juliet.ask('<presence><show>dnd</show></presence>');
    expect(seen(romeo)).toEqual([]);
  });

  it('gets messages, presence and requests as before', async () => {
    await juliet.ask(hide());
    for (const to of ['juliet@example.com', 'juliet@example.com/balcony']) {
      await romeo.ask(`<message to='${to}' type='chat'><body>still there?</body></message>`);
      expect(juliet.take()).toEqual([expect.stringContaining('still there?')]);
    }
    await romeo.ask('<presence><show>away</show></presence>');
    expect(juliet.take()).toEqual([expect.stringContaining('<show>away</show>')]);
  });

  it('looks offline to who asks', async () => {
    await juliet.ask(hide());
    romeo.take();
    const answer = await romeo.ask("<presence type='probe' to='juliet@example.com'/>");
    expect(answer).toEqual([
      expect.stringMatching(/^<presence type="unavailable" to="romeo@example.com\/orchard" from="juliet@example.com"/),
    ]);
  });

  it('shows itself to whom it likes, and goes away for them only', async () => {
    await juliet.ask(hide());
    romeo.take();
    const tybalt = await host.logIn('tybalt', 'street');
    await juliet.ask("<presence to='tybalt@example.com'/>");
    expect(seen(tybalt)).toHaveLength(1);
    await juliet.ask("<presence type='unavailable'/>");
    expect(seen(tybalt)).toEqual([expect.stringContaining('type="unavailable"')]);
    expect(seen(romeo)).toEqual([]);
  });

  it('from the beginning asks where its contacts are, when it wants to know', async () => {
    juliet.drop();
    await settled();
    const back = host.connect('juliet', 'balcony');
    expect(await back.ask(hide())).toHaveLength(1);
    const stanzas = await back.ask(hide('true'));
    expect(stanzas).toContainEqual(expect.stringContaining('from="romeo@example.com/orchard"'));
    romeo.take();
    back.drop();
    await settled();
    expect(seen(romeo)).toEqual([]);
  });

  it('is visible again by its word and its presence (§3.2)', async () => {
    await juliet.ask(hide());
    romeo.take();
    await juliet.ask(show);
    expect(seen(romeo)).toEqual([]);
    await juliet.ask('<presence/>');
    expect(seen(romeo)).toHaveLength(1);
  });
});
