/** RFC 6120 §13.7, RFC 9525: servers that go away, and certificates that prove nothing */
import { afterEach, describe, expect, it } from 'vitest';
import { type CertificateAuthority, longAgo, selfSignedServer } from '../../support/certificate-authority.ts';
import { describeFederations, describePeers } from './describe-peer.ts';
import { type Certify, Federation, type FederationOptions } from './federation.ts';
import type { PeerMake } from './peer.ts';

const PATIENCE_MS = 90_000;

const open: Federation[] = [];
afterEach(async () => {
  for (const federation of open.splice(0)) await federation.stop();
});

async function start(make: PeerMake, options: FederationOptions): Promise<Federation> {
  const federation = await Federation.start(make, options);
  open.push(federation);
  return federation;
}

describeFederations('a server that goes away', (make, proof) => {
  it('and comes back gets what was said meanwhile, once', { timeout: PATIENCE_MS }, async () => {
    const federation = await start(make, { proof });
    const alice = await federation.local('alice');
    const bob = await federation.remote('bob');
    alice.say(bob.bare, 'before');
    await bob.hears(alice.jid, 'before');
    bob.say(alice.bare, 'before');
    await alice.hears(bob.jid, 'before');

    await federation.peer.end('SIGTERM');
    alice.say(bob.bare, 'meanwhile 1');
    alice.say(bob.bare, 'meanwhile 2');
    await federation.peer.start();
    const back = await federation.remote('bob', 'back');
    // They waited at ours for the server, or there for their user.
    await back.hears(alice.jid, 'meanwhile 1');
    await back.hears(alice.jid, 'meanwhile 2');
    back.say(alice.jid, 'after');
    await alice.hears(back.jid, 'after');
    alice.say(back.jid, 'after');
    await back.hears(alice.jid, 'after');
    expect((await back.unread()).filter((stanza) => stanza.includes('meanwhile'))).toEqual([]);
  });

  it('and is killed leaves nobody there, and what is said to it comes back', { timeout: PATIENCE_MS }, async () => {
    const federation = await start(make, { proof, s2s: { queue_seconds: 2 } });
    const alice = await federation.local('alice');
    const bob = await federation.remote('bob');
    alice.send(`<presence type='subscribe' to='${bob.bare}' id='s1'/>`);
    await bob.sees(`<presence type='subscribe' from='${alice.bare}'>...</presence>`);
    bob.send(`<presence type='subscribed' to='${alice.bare}' id='s2'/>`);
    await alice.sees(`<presence from='${bob.jid}'>...</presence>`);

    await federation.peer.end('SIGKILL');
    alice.say(bob.jid, 'Are you there?');
    expect(await alice.isRefused(bob.jid)).toMatch(/^remote-server-/);
    await alice.sees(`<presence from='${bob.jid}' type='unavailable'>...</presence>`);
    await federation.peer.start();
    // It may have forgotten the accounts of its last seconds.
    const carol = await federation.remote('carol');
    carol.say(alice.jid, 'It is back.');
    await alice.hears(carol.jid, 'It is back.');
    alice.say(carol.jid, 'Good.');
    await carol.hears(alice.jid, 'Good.');
  });
});

const BAD: readonly (readonly [what: string, certify: Certify])[] = [
  ['is expired', (authority, domains) => authority.issueToServer({ domains, validity: longAgo() })],
  ['is for another name', (authority) => authority.issueToServer({ domains: ['elsewhere.example'] })],
  ['is self-signed', (_: CertificateAuthority, domains) => selfSignedServer({ domains })],
];

describePeers('a certificate', (make) => {
  describe.each(BAD)('that %s', (_, certify) => {
    it('of the other is not believed: nothing is sent, and nothing taken', { timeout: PATIENCE_MS }, async () => {
      const federation = await start(make, { proof: 'EXTERNAL', certificates: { peer: certify } });
      const alice = await federation.local('alice');
      const bob = await federation.remote('bob');
      alice.say(bob.jid, 'secret');
      expect(await alice.isRefused(bob.jid)).toMatch(/^remote-server-/);
      bob.say(alice.jid, 'forged');
      expect(await bob.isRefused(alice.jid)).toMatch(/^remote-server-/);
      for (const user of [alice, bob])
        expect((await user.unread()).filter((it) => it.includes('<message'))).toEqual([]);
    });

    it('of ours is not believed: the sender is told', { timeout: PATIENCE_MS }, async () => {
      const federation = await start(make, { proof: 'EXTERNAL', certificates: { ours: certify } });
      const alice = await federation.local('alice');
      const bob = await federation.remote('bob');
      alice.say(bob.jid, 'secret');
      expect(await alice.isRefused(bob.jid)).toMatch(/^remote-server-/);
      bob.say(alice.jid, 'secret');
      expect(await bob.isRefused(alice.jid)).toMatch(/^remote-server-/);
      for (const user of [alice, bob])
        expect((await user.unread()).filter((it) => it.includes('<message'))).toEqual([]);
    });

    it('of the other makes it prove itself by dialback', { timeout: PATIENCE_MS }, async () => {
      const federation = await start(make, { proof: 'dialback', certificates: { peer: certify } });
      const alice = await federation.local('alice');
      const bob = await federation.remote('bob');
      alice.say(bob.jid, 'there');
      await bob.hears(alice.jid, 'there');
      bob.say(alice.jid, 'back');
      await alice.hears(bob.jid, 'back');
    });
  });
});
