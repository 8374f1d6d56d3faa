import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { LoginAdmission } from './login-admission.ts';

const here = () => false;
const gone = () => true;

function admission(perSecond: number, queue: number) {
  const clock = new ManualClock();
  const limits = { perSecond, queue };
  const logins = new LoginAdmission(clock, () => limits);
  const entered: string[] = [];
  /** What it is told at once, or undefined while it waits. */
  const login = (name: string, isGone = here): number | undefined => {
    const answer = logins.admit('new', isGone);
    if (typeof answer === 'number') return answer;
    answer.then((seconds) => entered.push(`${name} ${seconds}`));
    return undefined;
  };
  const advance = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { clock, logins, login, advance, entered, limits };
}

describe('the admission of logins', () => {
  it('lets those in at once that a second has place for', () => {
    const { login } = admission(3, 10);
    expect([1, 2, 3].map((number) => login(`${number}`))).toEqual([0, 0, 0]);
    expect(login('4')).toBeUndefined();
  });

  it('lets the others in at its rate, in their order', async () => {
    const { login, advance, entered } = admission(2, 10);
    for (const name of ['a', 'b', 'c', 'd', 'e']) login(name);
    await advance(499);
    expect(entered).toEqual([]);
    await advance(1);
    expect(entered).toEqual(['c 0']);
    await advance(1_000);
    expect(entered).toEqual(['c 0', 'd 0', 'e 0']);
  });

  it('lets nobody overtake those who wait', async () => {
    const { login, advance, entered } = admission(1, 10);
    login('a');
    login('b');
    await advance(999);
    expect(login('c')).toBeUndefined();
    await advance(1);
    expect(entered).toEqual(['b 0']);
  });

  it('gives no place of the rate to those who are gone', async () => {
    const { login, advance, entered } = admission(1, 10);
    login('a');
    login('b', gone);
    login('c');
    await advance(1_000);
    expect(entered).toEqual(['b 0', 'c 0']);
  });

  it('lets those who come back in whoever waits, some in each turn of the event loop', async () => {
    const { logins, login } = admission(1, 0);
    login('a');
    let entered = 0;
    for (let times = 0; times < 8; times++) Promise.resolve(logins.admit('returning', here)).then(() => entered++);
    await Promise.resolve();
    await Promise.resolve();
    expect(entered).toBe(5);
    await new Promise((resolve) => setImmediate(resolve));
    expect(entered).toBe(8);
  });

  it('tells those above the queue when it will be empty, and not all the same', () => {
    const { login } = admission(10, 100);
    for (let times = 0; times < 110; times++) login('a');
    const answers = Array.from({ length: 200 }, () => login('late') ?? 0);
    expect(Math.min(...answers)).toBeGreaterThanOrEqual(10);
    expect(Math.max(...answers)).toBeLessThanOrEqual(20);
    expect(new Set(answers).size).toBeGreaterThan(1);
  });

  it('has no queue when that is wanted', () => {
    const { login } = admission(1, 0);
    expect(login('a')).toBe(0);
    expect(login('b')).toBeGreaterThanOrEqual(1);
  });

  it('lets few in together, however many a second has place for', async () => {
    const { login, advance, entered, limits } = admission(1_000, 10_000);
    for (let times = 0; times < 1_400; times++) login('a');
    limits.perSecond = 1_000_000;
    await advance(1);
    expect(entered).toHaveLength(5);
    await advance(7);
    expect(entered).toHaveLength(40);
  });

  it('goes on at its rate when the clock is set back', async () => {
    const { clock, login, advance, entered } = admission(2, 10);
    for (const name of ['a', 'b', 'c', 'd']) login(name);
    clock.setBack(3_600_000);
    await advance(1_500);
    expect(entered).toEqual(['c 0', 'd 0']);
  });

  it('takes what a reload changes at once', async () => {
    const { login, advance, entered, limits } = admission(1, 10);
    for (const name of ['a', 'b', 'c', 'd']) login(name);
    await advance(1_000);
    limits.perSecond = 100;
    await advance(1_000);
    expect(entered).toEqual(['b 0', 'c 0', 'd 0']);
  });
});
