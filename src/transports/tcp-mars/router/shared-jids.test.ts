import { describe, expect, it } from 'vitest';
import { Jid } from '#core';
import { SharedJids } from './shared-jids.ts';

describe('contacts', () => {
  it('that many have are one value, which goes with the last of them', () => {
    const shared = new SharedJids();
    const [one] = shared.hold(['a@localhost/phone', 'b@localhost']);
    const again = shared.hold(['A@localhost']);
    expect(again[0]).toBe(one);
    expect(String(one)).toBe('a@localhost');
    shared.release([Jid.parse('a@localhost')]);
    expect(shared.size).toBe(2);
    shared.release(again);
    expect(shared.size).toBe(1);
  });

  it('and users are one value, whoever came first', () => {
    const shared = new SharedJids();
    const user = shared.same(Jid.parse('a@localhost'));
    shared.share(user);
    expect(shared.hold(['a@localhost/phone'])[0]).toBe(user);
    const [contact] = shared.hold(['b@localhost']);
    expect(shared.same(Jid.parse('b@localhost'))).toBe(contact);
    shared.release([user]);
    expect(shared.size).toBe(2);
  });

  it('are held once however often they are named', () => {
    const shared = new SharedJids();
    const held = shared.hold(['a@localhost', 'a@localhost/phone', 'A@localhost']);
    expect(held.map(String)).toEqual(['a@localhost']);
    shared.release(held);
    expect(shared.size).toBe(0);
  });

  it('are all refused with the first that is no address', () => {
    const shared = new SharedJids();
    expect(() => shared.hold(['a@localhost', '@'])).toThrow();
    expect(shared.size).toBe(0);
  });

  it('of strangers are let go by nobody', () => {
    const shared = new SharedJids();
    shared.release([Jid.parse('nobody@localhost')]);
    expect(shared.size).toBe(0);
  });
});
