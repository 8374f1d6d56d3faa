import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { message, Unacknowledged } from '#core';

const LAST = 2 ** 32 - 1;

function add(queue: Unacknowledged, count: number): void {
  for (let n = 0; n < count; n++) {
    const stanza = message({ id: `m${n}` });
    queue.add({ stanza, shared: undefined, at: 0 });
  }
}

const ids = (queue: Unacknowledged) => [...queue].map(({ stanza }) => stanza.id);

/** All but `left` of the numbers before 2^32 are given and acknowledged. */
function nearTheEnd(left: number): Unacknowledged {
  const queue = new Unacknowledged(LAST - left);
  expect(queue.sent).toBe(LAST - left);
  return queue;
}

describe('what is not acknowledged', () => {
  it('is what was sent after the number the client named', () => {
    const queue = new Unacknowledged();
    add(queue, 3);
    expect(queue.acknowledge(2)).toBe('done');
    expect([ids(queue), queue.acknowledged, queue.sent]).toEqual([['m2'], 2, 3]);
  });

  it('is not changed by a number that was not given, or one gone past before', () => {
    const queue = new Unacknowledged();
    add(queue, 3);
    queue.acknowledge(2);
    expect(queue.acknowledge(4)).toBe('unsent');
    expect(queue.acknowledge(1)).toBe('stale');
    expect(queue.acknowledge(LAST)).toBe('stale');
    expect(ids(queue)).toEqual(['m2']);
  });

  it('is counted past 2^32 - 1, which 0 comes after (§4)', () => {
    const queue = nearTheEnd(1);
    add(queue, 3);
    expect(queue.sent).toBe(1);
    expect(queue.acknowledge(2)).toBe('unsent');
    expect(queue.acknowledge(LAST)).toBe('done');
    expect(ids(queue)).toEqual(['m1', 'm2']);
    expect(queue.acknowledge(0)).toBe('done');
    expect(queue.acknowledge(LAST)).toBe('stale');
    expect(ids(queue)).toEqual(['m2']);
    expect(queue.acknowledge(1)).toBe('done');
    expect([ids(queue), queue.size]).toEqual([[], 0]);
  });

  it('has the size of its stanzas', () => {
    const queue = new Unacknowledged();
    add(queue, 1);
    const { size } = queue;
    expect(size).toBeGreaterThan(0);
    add(queue, 2);
    expect(queue.size).toBe(3 * size);
    queue.acknowledge(1);
    expect(queue.size).toBe(2 * size);
  });

  it('is what a plain list of all that was sent says, wherever the counting began', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: LAST - 20, max: LAST }),
        fc.array(fc.oneof(fc.record({ send: fc.nat(9) }), fc.record({ ack: fc.integer({ min: -3, max: 12 }) }))),
        (start, steps) => {
          const queue = new Unacknowledged(start);
          let [sent, acknowledged] = [0, 0];
          for (const step of steps) {
            if ('send' in step) {
              add(queue, step.send);
              sent += step.send;
            } else {
              const to = acknowledged + step.ack;
              const outcome = queue.acknowledge((start + to) >>> 0);
              expect(outcome).toBe(to > sent ? 'unsent' : to < acknowledged ? 'stale' : 'done');
              if (outcome === 'done') acknowledged = to;
            }
            expect(queue.length).toBe(sent - acknowledged);
            expect(queue.sent).toBe((start + sent) >>> 0);
          }
        },
      ),
    );
  });
});
