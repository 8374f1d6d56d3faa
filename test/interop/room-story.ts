/** The stories of a room: who makes it, who comes, who is sent away, and what is taken back (XEP-0045, XEP-0425) */
import { expect } from 'vitest';
import type { Guest, Moderator } from './client.ts';

const ROOM = 'library@conference.localhost';

export async function tellStoryOfRoom(alice: Guest, bob: Guest): Promise<void> {
  for (const client of [alice, bob]) await client.login();
  await alice.createRoom(ROOM, 'Alice', 'The Library');
  await alice.invite(ROOM, bob.jid);
  await bob.sees({ kind: 'invitation', jid: ROOM });
  await bob.enterRoom(ROOM, 'Bob');
  await alice.sees({ kind: 'entered', jid: ROOM, nick: 'Bob' });

  await alice.speak(ROOM, 'Who is there?');
  for (const client of [alice, bob]) await client.sees(spoken('Alice', 'Who is there?'));
  await bob.speak(ROOM, 'Ich: <grüße/> & 🌍');
  for (const client of [alice, bob]) await client.sees(spoken('Bob', 'Ich: <grüße/> & 🌍'));

  await alice.kick(ROOM, 'Bob');
  await bob.sees({ kind: 'kicked', jid: ROOM });
  await alice.sees({ kind: 'left', jid: ROOM, nick: 'Bob' });
  await bob.enterRoom(ROOM, 'Robert');
  await alice.sees({ kind: 'entered', jid: ROOM, nick: 'Robert' });
  await bob.leaveRoom(ROOM);
  await alice.sees({ kind: 'left', jid: ROOM, nick: 'Robert' });
  for (const client of [bob, alice]) await client.logout();
}

/** Bob was not there, and reads what was said, but not what was taken back. */
export async function tellStoryOfModeration(alice: Moderator, bob: Moderator, carol: Moderator): Promise<void> {
  for (const client of [alice, bob, carol]) await client.login();
  // XEP-0045 §7.2.10: nobody enters before it is configured, and who tries is told so at once
  await alice.enterRoom(ROOM, 'Alice');
  await expect(carol.enterRoom(ROOM, 'Carol')).rejects.toThrow('item-not-found');
  await alice.createRoom(ROOM, 'Alice', 'The Library');
  await carol.enterRoom(ROOM, 'Carol');
  const said = ['One', 'Two', 'Three', 'Four', 'Five'];
  for (const body of said) {
    await carol.speak(ROOM, body);
    await alice.sees(spoken('Carol', body));
  }
  await bob.enterRoom(ROOM, 'Bob');
  expect(await bob.roomHistory(ROOM, 2)).toEqual(said);
  await alice.moderate(ROOM, 'Three');
  for (const client of [alice, carol]) await client.sees({ kind: 'retracted', jid: ROOM, body: 'Three' });
  expect(await bob.roomHistory(ROOM, 50)).toEqual(['One', 'Two', 'Four', 'Five']);
  for (const client of [alice, bob, carol]) await client.logout();
}

function spoken(nick: string, body: string) {
  return { kind: 'spoken', jid: ROOM, nick, body } as const;
}
