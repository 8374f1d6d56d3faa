import { beforeEach, describe, expect, it } from 'vitest';
import { Element, NS_CLIENT } from '#core';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { Dialback, type Patience } from './dialback.ts';
import type { ServerLink } from './server-link.ts';

const pair = { local: 'capulet.example', remote: 'montague.example' };

let clock: ManualClock;
let dialback: Dialback;
let faults: string[];
const patience: Patience = (over) => clock.after(10_000, over);

beforeEach(() => {
  clock = new ManualClock();
  faults = [];
  dialback = new Dialback({
    link: { write() {} } as unknown as ServerLink,
    requested() {},
    verdictOn: () => 'invalid',
    decided() {},
    fail: ({ condition }) => void faults.push(condition),
  });
});

const ask = (id: string) => dialback.verify(pair, id, 'key', patience);
function answer(id: string): void {
  const attrs = { from: pair.remote, to: pair.local, id, type: 'valid' };
  dialback.take(new Element('verify', NS_CLIENT, attrs));
}

describe('a key that is asked about', () => {
  it('is what its server says, in time', async () => {
    const verdict = ask('1');
    answer('1');
    clock.advance(10_000);
    expect(await verdict).toBe('valid');
    answer('1');
    expect(faults).toEqual(['not-authorized']);
  });

  it('has no answer after a time; one that comes later is no answer to nothing, but once', async () => {
    const verdict = ask('1');
    clock.advance(10_000);
    expect(await verdict).toEqual({ error: 'remote-server-timeout' });
    answer('1');
    expect(faults).toEqual([]);
    answer('1');
    expect(faults).toEqual(['not-authorized']);
  });

  it('is not remembered for as long as the stream lives when it is never answered', async () => {
    const verdicts = Array.from({ length: 101 }, (_, id) => ask(`${id}`));
    clock.advance(10_000);
    await Promise.all(verdicts);
    answer('1');
    expect(faults).toEqual([]);
    answer('0');
    expect(faults).toEqual(['not-authorized']);
  });

  it('asked about again is not given up with the first time', async () => {
    const first = ask('1');
    clock.advance(5_000);
    const second = ask('1');
    clock.advance(5_000);
    answer('1');
    expect(await first).toEqual({ error: 'remote-server-timeout' });
    expect(await second).toBe('valid');
  });
});
