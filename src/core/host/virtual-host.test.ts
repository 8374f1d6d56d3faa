import { expect, it } from 'vitest';
import { createMemoryStorage, defineModule, type Stores } from '#core';
import { settled, TestHost } from '../../../test/support/test-host.ts';

/** Keeps a note per user, and takes its time when it is to go. */
function notes(purging: Promise<void>) {
  return defineModule({
    name: 'notes',
    setup(host) {
      const stored = host.store.map<string>('notes');
      host.observe('account:deleted', async ({ user }) => {
        await purging;
        await stored.purge(user.local);
      });
    },
  });
}

const note = (stores: Stores) => stores.map<string>('notes').get('romeo', '');
const never = new Promise<void>(() => {});

async function withNote(stores: Stores, purging: Promise<void>): Promise<TestHost> {
  const test = await TestHost.start([notes(purging)], ['romeo'], 'example.com', stores);
  await stores.map<string>('notes').update('romeo', '', () => 'secret');
  return test;
}

it('the name of a deleted account is free when the data of its owner is gone, not before', async () => {
  const stores = createMemoryStorage().stores('example.com');
  let go = () => {};
  const purging = new Promise<void>((resolve) => {
    go = resolve;
  });
  const { host } = await withNote(stores, purging);
  const deletion = host.deleteAccount('romeo');
  await settled();
  await expect(host.createAccount('romeo', 'mine')).rejects.toMatchObject({ condition: 'conflict' });
  await expect(host.deleteAccount('romeo')).rejects.toMatchObject({ condition: 'item-not-found' });
  await expect(host.createAccount('romeo', 'mine')).rejects.toMatchObject({ condition: 'conflict' });
  go();
  await deletion;
  await host.createAccount('romeo', 'mine');
  expect(note(stores)).toBeUndefined();
});

it('a deletion that was interrupted is finished at the next start', async () => {
  const stores = createMemoryStorage().stores('example.com');
  const { host } = await withNote(stores, never);
  void host.deleteAccount('romeo');
  await settled();
  expect(note(stores)).toBe('secret');

  const { host: next } = await TestHost.start([notes(Promise.resolve())], [], 'example.com', stores);
  await next.finishDeletions();
  expect(note(stores)).toBeUndefined();
  await next.createAccount('romeo', 'mine');
});

it('an account that is not there cannot be deleted, and its name stays free', async () => {
  const { host } = await TestHost.start([], []);
  await expect(host.deleteAccount('romeo')).rejects.toMatchObject({ condition: 'item-not-found' });
  await expect(host.createAccount('romeo', 'mine')).resolves.toBeDefined();
});

it('the name of an account is prepared wherever it comes from', async () => {
  const { host } = await TestHost.start([], []);
  expect(String(await host.createAccount('ROMEO', 'mine'))).toBe('romeo@example.com');
  expect(await host.accounts.exists('romeo')).toBe(true);
});
