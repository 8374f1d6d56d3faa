import { describe, expect, it } from 'vitest';
import { Acknowledgements } from './acknowledgements.ts';

class User {
  pushed = 0;
  has = 0;
  acknowledged(pushed: number): void {
    this.has = pushed;
  }
}

describe('a router', () => {
  it('acknowledges with one number what all were sent until then', () => {
    const asked: number[] = [];
    const link = new Acknowledgements((number) => asked.push(number));
    const [one, two] = [new User(), new User()];
    one.pushed = 3;
    link.sent([one]);
    one.pushed = 4;
    two.pushed = 7;
    link.sent([one, two]);
    expect(asked).toEqual([1]);
    link.acknowledge(1);
    expect([one.has, two.has]).toEqual([3, 0]);
    expect(asked).toEqual([1, 2]);
    link.acknowledge(2);
    expect([one.has, two.has, link.waiting]).toEqual([4, 7, 0]);
    expect(asked).toEqual([1, 2]);
  });

  it('may repeat itself, and not be ahead', () => {
    const link = new Acknowledgements(() => {});
    link.sent([new User()]);
    link.acknowledge(1);
    link.acknowledge(0);
    link.acknowledge(1);
    expect(() => link.acknowledge(2)).toThrow('2 was not sent');
  });
});
