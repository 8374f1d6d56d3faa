import { describe, expect, it } from 'vitest';
import { GenerationCache } from './generation-cache.ts';

describe('GenerationCache', () => {
  it('holds the latest entries and never more than its capacity', () => {
    const cache = new GenerationCache<number>(10);
    for (let i = 0; i < 1000; i++) cache.set(`k${i}`, i);
    const held = Array.from({ length: 1000 }, (_, i) => i).filter((i) => cache.get(`k${i}`) !== undefined);
    expect(held.length).toBeLessThanOrEqual(10);
    expect(held.slice(-5)).toEqual([995, 996, 997, 998, 999]);
  });

  it('keeps an entry that is asked for while others come and go', () => {
    const cache = new GenerationCache<string>(10);
    cache.set('kept', 'value');
    for (let i = 0; i < 100; i++) {
      cache.set(`k${i}`, 'other');
      expect(cache.get('kept')).toBe('value');
    }
    expect(cache.get('k0')).toBeUndefined();
  });

  it('forgets what is deleted, however long ago it came', () => {
    const cache = new GenerationCache<number>(4);
    for (let i = 0; i < 4; i++) cache.set(`k${i}`, i);
    for (let i = 0; i < 4; i++) cache.delete(`k${i}`);
    expect([0, 1, 2, 3].map((i) => cache.get(`k${i}`))).toEqual([undefined, undefined, undefined, undefined]);
  });
});
