import { describe, expect, it } from 'vitest';
import { LoginLimiter } from '#core';
import { ManualClock } from '../../../test/support/manual-clock.ts';

const over = expect.objectContaining({ condition: 'temporary-auth-failure' });

function limiterOf(failures: number, capacity?: number) {
  const clock = new ManualClock();
  const limiter = new LoginLimiter(clock, () => ({ failures, windowMs: 60_000 }), capacity);
  return {
    clock,
    limiter,
    fail(times: number, address: string, account?: string) {
      for (let i = 0; i < times; i++) limiter.failed(address, account);
    },
    isOver(address: string, account?: string) {
      try {
        limiter.check(address, account);
        return false;
      } catch (error) {
        expect(error).toEqual(over);
        return true;
      }
    },
  };
}

describe('failed logins', () => {
  it('are let through up to the limit, and stopped from there', () => {
    const { fail, isOver } = limiterOf(3);
    fail(2, '192.0.2.1');
    expect(isOver('192.0.2.1')).toBe(false);
    fail(1, '192.0.2.1');
    expect(isOver('192.0.2.1')).toBe(true);
    expect(isOver('192.0.2.2')).toBe(false);
  });

  it('are forgotten when the window of the first has passed', () => {
    const { clock, fail, isOver } = limiterOf(3);
    fail(1, '192.0.2.1');
    clock.advance(30_000);
    fail(2, '192.0.2.1');
    clock.advance(29_999);
    expect(isOver('192.0.2.1')).toBe(true);
    clock.advance(1);
    expect(isOver('192.0.2.1')).toBe(false);
    fail(2, '192.0.2.1');
    expect(isOver('192.0.2.1')).toBe(false);
  });

  it('on one account count together when they come from one network', () => {
    const { fail, isOver } = limiterOf(3);
    fail(2, '192.0.2.1', 'juliet@example.org');
    fail(1, '192.0.2.2', 'juliet@example.org');
    expect(isOver('192.0.2.3', 'juliet@example.org')).toBe(true);
    expect(isOver('192.0.2.3', 'juliet@example.net')).toBe(false);
  });

  it('of a guesser do not lock out the owner, who is elsewhere', () => {
    const { fail, isOver } = limiterOf(3);
    fail(3, '192.0.2.1', 'juliet@example.org');
    expect(isOver('198.51.100.1', 'juliet@example.org')).toBe(false);
  });

  it('on an account are forgiven with a success, those of the address are not', () => {
    const { limiter, fail, isOver } = limiterOf(3);
    fail(2, '192.0.2.1', 'juliet@example.org');
    limiter.succeeded('192.0.2.1', 'juliet@example.org');
    fail(1, '192.0.2.1', 'juliet@example.org');
    expect(isOver('192.0.2.2', 'juliet@example.org')).toBe(false);
    expect(isOver('192.0.2.1')).toBe(true);
  });

  it('of one IPv6 host count together, whichever of its addresses it uses', () => {
    const { fail, isOver } = limiterOf(2);
    fail(1, '2001:db8::1');
    fail(1, '2001:db8::2');
    expect(isOver('2001:db8::3')).toBe(true);
    expect(isOver('2001:db8:0:1::3')).toBe(false);
  });

  it('take bounded memory: those longest ago are forgotten', () => {
    const { fail, isOver } = limiterOf(2, 2);
    fail(1, '192.0.2.1');
    fail(1, '192.0.2.2');
    fail(1, '192.0.2.1');
    fail(2, '192.0.2.3');
    expect(['192.0.2.1', '192.0.2.2', '192.0.2.3'].map((address) => isOver(address))).toEqual([true, false, true]);
    fail(1, '192.0.2.2');
    expect(isOver('192.0.2.2')).toBe(false);
  });
});
