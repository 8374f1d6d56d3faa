import { expect, it } from 'vitest';
import { isNamed } from './certificate-names.ts';

const names = (given: Partial<Parameters<typeof isNamed>[1]>) => ({ dns: [], srv: [], xmpp: [], ip: [], ...given });

it('holds for the domains it names', () => {
  expect(isNamed('example.org', names({ dns: ['example.org'] }))).toBe(true);
  expect(isNamed('example.org', names({ srv: ['example.org'] }))).toBe(true);
  expect(isNamed('example.org', names({ xmpp: ['example.org'] }))).toBe(true);
  expect(isNamed('example.org', names({ dns: ['example.com', 'a.example.org'] }))).toBe(false);
  expect(isNamed('example.org', names({}))).toBe(false);
});

it('has a wildcard stand for one whole label', () => {
  const wild = names({ dns: ['*.example.org'] });
  expect(isNamed('rooms.example.org', wild)).toBe(true);
  expect(isNamed('example.org', wild)).toBe(false);
  expect(isNamed('a.rooms.example.org', wild)).toBe(false);
  expect(isNamed('rooms.example.org', names({ dns: ['ro*.example.org'] }))).toBe(false);
  expect(isNamed('rooms.example.org', names({ srv: ['*.example.org'] }))).toBe(false);
});

it('compares international domains as A-labels', () => {
  expect(isNamed('bücher.example', names({ dns: ['xn--bcher-kva.example'] }))).toBe(true);
});

it('takes an address as a name of its own kind only', () => {
  expect(isNamed('192.0.2.1', names({ ip: ['192.0.2.1'] }))).toBe(true);
  expect(isNamed('192.0.2.1', names({ dns: ['*.0.2.1'] }))).toBe(false);
});
