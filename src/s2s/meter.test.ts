import { expect, it } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { Meter } from './meter.ts';

class Link {
  pauses = 0;
  pause(): void {
    this.pauses++;
  }
  resume(): void {
    this.pauses--;
  }
}

it('lets a burst through, and then no more than the rate', () => {
  const clock = new ManualClock();
  const meter = new Meter(clock, () => 1_000);
  const link = new Link();
  meter.took(10_000, link);
  expect(link.pauses).toBe(0);
  meter.took(2_000, link);
  expect(link.pauses).toBe(1);
  clock.advance(1_999);
  expect(link.pauses).toBe(1);
  clock.advance(1);
  expect(link.pauses).toBe(0);
});

it('counts the links of a domain together', () => {
  const clock = new ManualClock();
  const meter = new Meter(clock, () => 1_000);
  const [one, other] = [new Link(), new Link()];
  meter.took(10_000, one);
  meter.took(1, other);
  expect([one.pauses, other.pauses]).toEqual([0, 1]);
});

it('goes by a rate that has changed meanwhile', () => {
  const clock = new ManualClock();
  let rate = 1_000;
  const meter = new Meter(clock, () => rate);
  const link = new Link();
  meter.took(10_000, link);
  rate = 10_000;
  clock.advance(1_000);
  meter.took(10_000, link);
  expect(link.pauses).toBe(0);
});
