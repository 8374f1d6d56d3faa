import { expect, it } from 'vitest';
import { domainOf, domainWithin } from './pair.ts';

it('takes a domain for a domain, and nothing else', () => {
  expect(domainOf('Example.ORG')).toBe('example.org');
  for (const text of [undefined, '', 'a@example.org', 'example.org/a', 'a b']) expect(domainOf(text)).toBeUndefined();
});

it('finds the domain of addresses that other servers prepare by other rules', () => {
  expect(domainWithin('example.org')).toBe('example.org');
  expect(domainWithin('juliet@example.org/balcony')).toBe('example.org');
  expect(domainWithin('\u265a@example.org')).toBe('example.org');
  expect(domainWithin('example.org/evil@other.example')).toBe('example.org');
});

it('finds none in what lacks a part', () => {
  for (const text of [undefined, '', '@example.org', 'a@', 'example.org/', 'a@/b', 'a@b@c']) {
    expect(domainWithin(text)).toBeUndefined();
  }
});
