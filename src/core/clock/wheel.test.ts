import { describe, expect, it } from 'vitest';
import { type Deadline, Wheel } from '#core';
import { ManualClock } from '../../../test/support/manual-clock.ts';

function recorder(clock: ManualClock, again: (now: number) => number = () => 0) {
  const calls: number[] = [];
  const start = clock.now();
  const deadline: Deadline = {
    due(now) {
      calls.push(now - start);
      return again(now - start);
    },
  };
  return { deadline, calls };
}

describe('the wheel', () => {
  it('is never early and at most two slots late', () => {
    const clock = new ManualClock();
    const wheel = new Wheel(clock, 1_000, 16);
    const { deadline, calls } = recorder(clock);
    wheel.add(deadline, 5_000);
    clock.advance(4_999);
    expect(calls).toEqual([]);
    clock.advance(2_001);
    expect(calls).toHaveLength(1);
  });

  it('looks at a far deadline after one turn, and at most once per turn', () => {
    const clock = new ManualClock();
    const wheel = new Wheel(clock, 1_000, 16);
    const { deadline, calls } = recorder(clock, (passed) => Math.max(0, 40_000 - passed));
    wheel.add(deadline, 40_000);
    clock.advance(60_000);
    expect(calls.length).toBeLessThanOrEqual(5);
    expect(calls.at(-1)).toBeGreaterThanOrEqual(40_000);
  });

  it('forgets what is removed, and needs no timer when it is empty', () => {
    const clock = new ManualClock();
    const wheel = new Wheel(clock, 1_000, 16);
    const { deadline, calls } = recorder(clock);
    wheel.add(deadline, 3_000);
    wheel.remove(deadline);
    clock.advance(10_000);
    expect(calls).toEqual([]);
  });

  it('lets a deadline be moved by adding it again', () => {
    const clock = new ManualClock();
    const wheel = new Wheel(clock, 1_000, 16);
    const { deadline, calls } = recorder(clock);
    wheel.add(deadline, 2_000);
    wheel.add(deadline, 8_000);
    clock.advance(7_999);
    expect(calls).toEqual([]);
    clock.advance(3_000);
    expect(calls).toHaveLength(1);
  });
});
