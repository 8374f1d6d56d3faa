/** The story every client lives through: two accounts meet, talk and part (RFC 6121 §2-§5) */
import { expect } from 'vitest';
import type { Client } from './client.ts';

export async function tellStory(alice: Client, bob: Client): Promise<void> {
  expect(await alice.login()).toMatch(/^SCRAM-SHA-/);
  expect(await bob.login()).toMatch(/^SCRAM-SHA-/);

  await alice.addContact(bob.jid);
  await alice.sees({ kind: 'contact', jid: bob.jid, subscription: 'none' });
  await alice.requestSubscription(bob.jid);
  await bob.sees({ kind: 'request', jid: alice.jid });
  await bob.acceptSubscription(alice.jid);
  await alice.sees({ kind: 'contact', jid: bob.jid, subscription: 'to' });
  await bob.sees({ kind: 'contact', jid: alice.jid, subscription: 'from' });
  await alice.sees({ kind: 'available', jid: bob.jid, status: '' });

  await bob.requestSubscription(alice.jid);
  await alice.sees({ kind: 'request', jid: bob.jid });
  await alice.acceptSubscription(bob.jid);
  await alice.sees({ kind: 'contact', jid: bob.jid, subscription: 'both' });
  await bob.sees({ kind: 'contact', jid: alice.jid, subscription: 'both' });
  await bob.sees({ kind: 'available', jid: alice.jid, status: '' });

  await alice.announce('in the library');
  await bob.sees({ kind: 'available', jid: alice.jid, status: 'in the library' });
  await bob.announce('out <&> about');
  await alice.sees({ kind: 'available', jid: bob.jid, status: 'out <&> about' });

  await alice.say(bob.jid, 'Where art thou?');
  await bob.sees({ kind: 'message', jid: alice.jid, body: 'Where art thou?' });
  await bob.say(alice.jid, 'Wo? Überall: <grüße/> & 🌍');
  await alice.sees({ kind: 'message', jid: bob.jid, body: 'Wo? Überall: <grüße/> & 🌍' });

  await alice.logout();
  await bob.sees({ kind: 'unavailable', jid: alice.jid });
  await bob.logout();
}
