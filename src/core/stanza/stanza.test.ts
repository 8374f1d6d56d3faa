import { expect, it } from 'vitest';
import { GenerationCache } from '../cache/index.ts';
import { Jid } from '../jid/index.ts';
import { Element, NS_CLIENT } from '../xml/index.ts';
import { type Presence, presence } from './stanza.ts';

const says = (user: string, status: string): Presence =>
  presence(
    { from: Jid.of(user, 'localhost', 'game') },
    new Element('status', NS_CLIENT, undefined, [status]),
    new Element('priority', NS_CLIENT, undefined, ['1']),
  );

it('presence that says what another says shares its content, and stays its own', () => {
  const known = new GenerationCache<Presence>(10);
  const juliet = says('juliet', 'in the lobby').sharing(known);
  const given = says('romeo', 'in the lobby');
  const romeo = given.sharing(known);
  expect(romeo.children).toBe(juliet.children);
  expect(romeo.toString()).toBe(given.toString());
  expect(romeo.from).toBe(given.from);
  expect(says('romeo', 'away').sharing(known).childText('status')).toBe('away');
});

it('what is long is not kept for others to share', () => {
  const known = new GenerationCache<Presence>(10);
  const long = 'a'.repeat(1_000);
  const juliet = says('juliet', long).sharing(known);
  expect(says('romeo', long).sharing(known).children).not.toBe(juliet.children);
});

it('the size is about that of the XML, also of a copy, and does not change when that is written', () => {
  const given = says('juliet', 'in the lobby of the house of Capulet, waiting for somebody');
  const { size } = given;
  expect(size / given.toString().length).toBeGreaterThan(0.8);
  expect(size / given.toString().length).toBeLessThan(1.8);
  expect(given.size).toBe(size);
  expect(given.with({ id: '12345' }).size).toBe(size + 'id12345'.length);
  expect(given.withChild(new Element('show', NS_CLIENT, undefined, ['away'])).size).toBeGreaterThan(size + 20);
});
