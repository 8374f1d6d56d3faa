/** The story every client lives through: two accounts meet, talk and part (RFC 6121 §2-§5) */
import { expect } from 'vitest';
import type { Client, Device, Reader, RestingDevice, Survivor } from './client.ts';
import type { WeakAccess } from './weak-link.ts';

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

/** Alice has two devices: what one says and hears, the other knows. */
export async function tellStoryOfDevices(desk: Device, phone: Device, bob: Device): Promise<void> {
  for (const client of [desk, phone, bob]) await client.login();
  for (const device of [desk, phone]) await device.enableCarbons();
  await desk.say(bob.jid, 'I am at my desk.');
  await bob.sees({ kind: 'message', jid: desk.jid, body: 'I am at my desk.' });
  await phone.sees({ kind: 'said', jid: bob.jid, body: 'I am at my desk.' });
  await bob.say(`${desk.jid}/desk`, 'Stay there.');
  for (const device of [desk, phone]) await device.sees({ kind: 'message', jid: bob.jid, body: 'Stay there.' });
  for (const client of [bob, phone, desk]) await client.logout();
}

/** While nobody looks at Alice's phone, little reaches it. */
export async function tellStoryOfRest(desk: RestingDevice, phone: RestingDevice, bob: RestingDevice): Promise<void> {
  for (const client of [desk, phone, bob]) await client.login();
  await desk.requestSubscription(bob.jid);
  await bob.sees({ kind: 'request', jid: desk.jid });
  await bob.acceptSubscription(desk.jid);
  for (const device of [desk, phone]) await device.sees({ kind: 'available', jid: bob.jid, status: '' });

  await phone.rest();
  // Worked off in order: who hears this knows that the phone is at rest.
  await phone.say(bob.jid, 'I rest.');
  await bob.sees({ kind: 'message', jid: phone.jid, body: 'I rest.' });
  for (const status of ['on the way', 'here']) {
    await bob.announce(status);
    await desk.sees({ kind: 'available', jid: bob.jid, status });
  }
  await bob.say(phone.jid, 'Open the door.');
  await phone.sees({ kind: 'message', jid: bob.jid, body: 'Open the door.' });
  await phone.sees({ kind: 'available', jid: bob.jid, status: 'here' });
  await bob.announce('gone');
  await desk.sees({ kind: 'available', jid: bob.jid, status: 'gone' });
  expect(phone.hasSeen({ kind: 'available', jid: bob.jid, status: 'on the way' })).toBe(false);
  await phone.wake();
  await phone.sees({ kind: 'available', jid: bob.jid, status: 'gone' });
  for (const client of [bob, phone, desk]) await client.logout();
}

/** Bob comes back with another client, and knows all that was said. */
export async function tellStoryOfHistory(client: (user: string, resource?: string) => Promise<Reader>): Promise<void> {
  const [alice, bob] = [await client('alice'), await client('bob', 'desk')];
  for (const one of [alice, bob]) await one.login();
  const said = ['Are you there?', 'I am.', 'One', 'Two', 'Three <&> more', 'Wo? Überall: 🌍', 'Last'];
  const [question = '', answer = '', ...rest] = said;
  await alice.say(bob.jid, question);
  await bob.sees({ kind: 'message', jid: alice.jid, body: question });
  await bob.say(alice.jid, answer);
  await alice.sees({ kind: 'message', jid: bob.jid, body: answer });
  await bob.logout();
  for (const text of rest) await alice.say(bob.jid, text);
  expect(await alice.history(bob.jid, 50)).toEqual(said);

  const phone = await client('bob', 'phone');
  await phone.login();
  expect(await phone.history(alice.jid, 2)).toEqual(said);
  for (const one of [alice, phone]) await one.logout();
}

/** Alice's link is cut, once with and once without her server noticing. She is who she was, and Bob never knows. */
export async function tellStoryOfCuts(alice: Survivor, bob: Survivor, { server, links }: WeakAccess): Promise<void> {
  const address = await befriend(alice, bob);
  for (const [cuts, isNoticed] of [true, false].entries()) {
    await bob.say(alice.jid, `Before ${isNoticed}`);
    await alice.sees({ kind: 'message', jid: bob.jid, body: `Before ${isNoticed}` });
    for (const link of links) link.cut(isNoticed);
    await bob.say(alice.jid, `Meanwhile ${isNoticed}`);
    // Worked off in order: with its answer the message is, too.
    await bob.addContact(alice.jid);
    await alice.resume();
    await alice.sees({ kind: 'message', jid: bob.jid, body: `Meanwhile ${isNoticed}` });
    await expectUnchanged(alice, bob, address);
    for (const body of [`Before ${isNoticed}`, `Meanwhile ${isNoticed}`]) {
      expect(alice.hasSeen({ kind: 'message', jid: bob.jid, body })).toBe(false);
    }
    expect(server.resumptions()).toBe(cuts + 1);
  }
  for (const one of [alice, bob]) await one.logout();
}

/** What Alice says does not arrive when her link is about to break: her client says it again. */
export async function tellStoryOfResending(alice: Survivor, bob: Survivor, { links }: WeakAccess): Promise<void> {
  const address = await befriend(alice, bob);
  await alice.say(bob.jid, 'Do you hear me?');
  await bob.sees({ kind: 'message', jid: alice.jid, body: 'Do you hear me?' });
  const lost = { kind: 'message', jid: alice.jid, body: 'Who speaks?' } as const;
  for (const link of links) link.lose();
  await alice.say(bob.jid, lost.body);
  for (const link of links) link.cut(true);
  await alice.resume();
  await bob.sees(lost);
  await expectUnchanged(alice, bob, address);
  expect(bob.hasSeen(lost)).toBe(false);
  expect(bob.hasSeen({ ...lost, body: 'Do you hear me?' })).toBe(false);
  for (const one of [alice, bob]) await one.logout();
}

/** Bob gets the presence of Alice. Resolves with her full JID. */
async function befriend(alice: Survivor, bob: Survivor): Promise<string> {
  for (const one of [alice, bob]) await one.login();
  await bob.requestSubscription(alice.jid);
  await alice.sees({ kind: 'request', jid: bob.jid });
  await alice.acceptSubscription(bob.jid);
  await bob.sees({ kind: 'available', jid: alice.jid, status: '' });
  return alice.address();
}

/** Both ways, and all that came before has come: Alice's session goes on, with her presence. */
async function expectUnchanged(alice: Survivor, bob: Survivor, address: string): Promise<void> {
  expect(await alice.address()).toBe(address);
  await alice.say(bob.jid, 'Here I am.');
  await bob.sees({ kind: 'message', jid: alice.jid, body: 'Here I am.' });
  await bob.say(alice.jid, 'I see.');
  await alice.sees({ kind: 'message', jid: bob.jid, body: 'I see.' });
  expect(bob.hasSeen({ kind: 'unavailable', jid: alice.jid })).toBe(false);
  expect(bob.hasSeen({ kind: 'available', jid: alice.jid, status: '' })).toBe(false);
}
