/** RFC 6121 across domains: users of ours and of another server meet, talk and part */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { catalog } from '../../../src/catalog.ts';
import { childNamed, elements } from '../../scenarios/runner/xml.ts';
import type { User } from '../../support/user.ts';
import { describeFederations } from './describe-peer.ts';
import { Federation, OURS } from './federation.ts';

const START_MS = 60_000;
const hasRooms = catalog.modules.some(({ name }) => name === 'muc');

describeFederations('federation', (make, proof) => {
  let federation: Federation;

  beforeAll(async () => {
    federation = await Federation.start(make, { proof });
  }, START_MS);
  afterEach(() => federation.part());
  afterAll(() => federation.stop());

  /** One asks for the other's presence, who grants it. */
  async function subscribe(one: User, other: User): Promise<void> {
    one.send(`<presence type='subscribe' to='${other.bare}' id='s1'/>`);
    await other.sees(`<presence type='subscribe' from='${one.bare}'>...</presence>`);
    other.send(`<presence type='subscribed' to='${one.bare}' id='s2'/>`);
    await one.sees(`<presence type='subscribed' from='${other.bare}'>...</presence>`);
    await one.sees(`<presence from='${other.jid}'>...</presence>`);
  }

  it('makes contacts both ways, follows their presence, and ends it', async () => {
    const alice = await federation.local('alice');
    const bob = await federation.remote('bob');
    await subscribe(alice, bob);
    await subscribe(bob, alice);
    alice.send('<presence><show>away</show><status>in the library</status></presence>');
    await bob.sees(`<presence from='${alice.jid}'><show>away</show><status>in the library</status>...</presence>`);
    bob.send('<presence><show>dnd</show><status>out &lt;&amp;&gt; about</status></presence>');
    await alice.sees(
      `<presence from='${bob.jid}'><show>dnd</show><status>out &lt;&amp;&gt; about</status>...</presence>`,
    );

    // Both are told of who is there already: the answer to a probe (RFC 6121 §4.3).
    const phone = await federation.local('alice', 'phone');
    await phone.sees(`<presence from='${bob.jid}'><show>dnd</show><status>{any}</status>...</presence>`);
    await bob.sees(`<presence from='${phone.jid}'>...</presence>`);
    phone.close();
    await bob.sees(`<presence from='${phone.jid}' type='unavailable'>...</presence>`);
    bob.close();
    await alice.sees(`<presence from='${bob.jid}' type='unavailable'>...</presence>`);

    const again = await federation.remote('bob', 'again');
    await again.sees(`<presence from='${alice.jid}'><show>away</show><status>{any}</status>...</presence>`);
    await alice.sees(`<presence from='${again.jid}'>...</presence>`);
    // RFC 6121 §3.2, §3.3: one takes back what was granted, the other gives up what it has.
    alice.send(`<presence type='unsubscribed' to='${again.bare}' id='s3'/>`);
    await again.sees(`<presence type='unsubscribed' from='${alice.bare}'>...</presence>`);
    await again.sees(`<presence type='unavailable' from='${alice.jid}'>...</presence>`);
    alice.send(`<presence type='unsubscribe' to='${again.bare}' id='s4'/>`);
    await again.sees(`<presence type='unsubscribe' from='${alice.bare}'>...</presence>`);
  });

  it('refuses a subscription both ways', async () => {
    const carol = await federation.local('carol');
    const dave = await federation.remote('dave');
    for (const [one, other] of [
      [carol, dave],
      [dave, carol],
    ] as const) {
      one.send(`<presence type='subscribe' to='${other.bare}' id='s1'/>`);
      await other.sees(`<presence type='subscribe' from='${one.bare}'>...</presence>`);
      other.send(`<presence type='unsubscribed' to='${one.bare}' id='s2'/>`);
      await one.sees(`<presence type='unsubscribed' from='${other.bare}'>...</presence>`);
    }
  });

  it('carries messages both ways, whole and in order', async () => {
    const alice = await federation.local('alice');
    const bob = await federation.remote('bob');
    const body = 'Wo? Überall: &lt;grüße/&gt; &amp; 🌍';
    alice.send(`<message to='${bob.jid}' type='chat' id='m1' xml:lang='de'><body>${body}</body></message>`);
    await bob.sees(`<message from='${alice.jid}' type='chat' id='m1'><body>${body}</body>...</message>`);
    bob.send(
      `<message to='${alice.jid}' type='chat' id='m2'><body>${body}</body><x xmlns='urn:test'><y z='1'/></x></message>`,
    );
    await alice.sees(
      `<message from='${bob.jid}' type='chat' id='m2'><body>${body}</body><x xmlns='urn:test'><y z='1'/></x>...</message>`,
    );
    for (let n = 0; n < 200; n++) {
      alice.say(bob.jid, `there ${n}`);
      bob.say(alice.jid, `back ${n}`);
    }
    for (const [hearer, speaker, word] of [
      [alice, bob, 'back'],
      [bob, alice, 'there'],
    ] as const) {
      const bodies: string[] = [];
      for (let n = 0; n < 200; n++) {
        const message = await hearer.sees(`<message from='${speaker.jid}' type='chat'>...</message>`);
        bodies.push(String(childNamed(message, 'body')?.children[0]));
      }
      expect(bodies).toEqual(Array.from({ length: 200 }, (_, n) => `${word} ${n}`));
    }
  });

  it('rests on that proof alone, and on TLS', async () => {
    const alice = await federation.local('alice');
    const bob = await federation.remote('bob');
    alice.say(bob.jid, 'there');
    await bob.hears(alice.jid, 'there');
    bob.say(alice.jid, 'back');
    await alice.hears(bob.jid, 'back');
    // On a stream for both directions each has its own: the certificate is that of who was called.
    const proofs = await federation.proofs();
    expect(proofs.length).toBeGreaterThan(0);
    for (const one of proofs)
      expect(one).toMatch(
        new RegExp(
          `^(incoming|outgoing|both) ${proof === 'EXTERNAL' ? '(EXTERNAL|certificate)' : proof} TLSv1\\.[23]$`,
        ),
      );
  });

  it('sends directed presence, and takes it back when the user leaves', async () => {
    const carol = await federation.local('carol');
    const dave = await federation.remote('dave');
    carol.send(`<presence to='${dave.jid}'><status>hello</status></presence>`);
    await dave.sees(`<presence from='${carol.jid}'><status>hello</status>...</presence>`);
    carol.close();
    await dave.sees(`<presence from='${carol.jid}' type='unavailable'>...</presence>`);
  });

  it('tells of users that there are not', async () => {
    const alice = await federation.local('alice');
    const bob = await federation.remote('bob');
    for (const [one, domain] of [
      [alice, make.domain],
      [bob, OURS],
    ] as const) {
      one.say(`nobody@${domain}`, 'Hello?');
      await one.sees(
        `<message from='nobody@${domain}' type='error'><error type='cancel'><service-unavailable/></error></message>`,
      );
      const answer = await one.ask(`nobody@${domain}/x`, `<query xmlns='jabber:iq:version'/>`);
      expect(answer.attrs.type).toBe('error');
    }
    alice.say('someone@nowhere.example', 'Hello?');
    await alice.sees(
      `<message from='someone@nowhere.example' type='error'><error type='cancel'><remote-server-not-found/></error></message>`,
    );
  });

  it('lets each look at the other: disco, ping and version', async () => {
    const alice = await federation.local('alice');
    const bob = await federation.remote('bob');
    for (const [one, domain] of [
      [alice, make.domain],
      [bob, OURS],
    ] as const) {
      const info = await one.ask(domain, `<query xmlns='http://jabber.org/protocol/disco#info'/>`);
      expect(info.attrs).toMatchObject({ type: 'result', from: domain });
      const names = elements(elements(info)[0] as never);
      expect(names).toContainEqual(
        expect.objectContaining({ name: 'identity', attrs: expect.objectContaining({ category: 'server' }) }),
      );
      expect(names.filter(({ name }) => name === 'feature').length).toBeGreaterThan(3);
      const items = await one.ask(domain, `<query xmlns='http://jabber.org/protocol/disco#items'/>`);
      expect(items.attrs.type).toBe('result');
      const pong = await one.ask(domain, `<ping xmlns='urn:xmpp:ping'/>`);
      expect(pong.attrs.type).toBe('result');
      const version = await one.ask(domain, `<query xmlns='jabber:iq:version'/>`);
      expect(version.attrs.type).toBe('result');
    }
  });

  it('lets a user of ours into a room of the other', async () => {
    const host = await federation.remote('bob');
    await meet(host, await federation.local('alice'), `garden-${proof.toLowerCase()}@conference.${make.domain}`);
  });

  it.skipIf(!hasRooms)('lets a user of the other into a room of ours', async () => {
    const host = await federation.local('alice');
    await meet(host, await federation.remote('bob'), `garden@conference.${OURS}`);
  });
});

/** Two users of different domains in a room at the one's (XEP-0045). */
async function meet(host: User, guest: User, room: string): Promise<void> {
  const enter = (nick: string) =>
    `<presence to='${room}/${nick}'><x xmlns='http://jabber.org/protocol/muc'/></presence>`;
  const inRoom = (nick: string, type = '') => `<presence from='${room}/${nick}'${type}>...</presence>`;
  host.send(enter('host'));
  await host.sees(inRoom('host'));
  // §10.1.2: as it is by default
  const form = `<x xmlns='jabber:x:data' type='submit'/>`;
  await host.ask(room, `<query xmlns='http://jabber.org/protocol/muc#owner'>${form}</query>`, 'set');
  guest.send(enter('guest'));
  await guest.sees(inRoom('host'));
  await guest.sees(inRoom('guest'));
  await host.sees(inRoom('guest'));
  guest.send(`<message to='${room}' type='groupchat' id='g1'><body>Good evening.</body></message>`);
  for (const user of [host, guest]) {
    await user.sees(`<message from='${room}/guest' type='groupchat' id='g1'><body>Good evening.</body>...</message>`);
  }
  host.send(`<message to='${room}' type='groupchat' id='g2'><body>And to you.</body></message>`);
  await guest.sees(`<message from='${room}/host' type='groupchat' id='g2'><body>And to you.</body>...</message>`);
  host.send(`<message to='${room}/guest' type='chat' id='p1'><body>In private.</body></message>`);
  await guest.sees(`<message from='${room}/host' type='chat' id='p1'><body>In private.</body>...</message>`);
  // Without a word: its server tells the room (RFC 6121 §4.6.3).
  guest.drop();
  await host.sees(inRoom('guest', ` type='unavailable'`));
}
