import { expect, it } from 'vitest';
import { isFederated } from './domain-policy.ts';

it('is open to all without lists', () => {
  expect(isFederated('example.org', { allow: [], block: [] })).toBe(true);
});

it('leaves out blocked domains and what is below them', () => {
  const lists = { allow: [], block: ['spam.example'] };
  expect(isFederated('spam.example', lists)).toBe(false);
  expect(isFederated('rooms.spam.example', lists)).toBe(false);
  expect(isFederated('notspam.example', lists)).toBe(true);
});

it('lets in only allowed domains and what is below them, without those that are blocked', () => {
  const lists = { allow: ['friend.example'], block: ['bad.friend.example'] };
  expect(isFederated('friend.example', lists)).toBe(true);
  expect(isFederated('rooms.friend.example', lists)).toBe(true);
  expect(isFederated('bad.friend.example', lists)).toBe(false);
  expect(isFederated('other.example', lists)).toBe(false);
});
