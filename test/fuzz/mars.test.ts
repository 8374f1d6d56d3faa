/** The short form of `npm run fuzz:mars` */
import { expect, it } from 'vitest';
import { mutate } from './mars/mutation.ts';

it('a frame that was changed is decoded or refused, and nothing else happens', () => {
  const { frames, bodies, refusedFrames, refusedBodies } = mutate(20_000, 2026);
  // Each way is taken often, or this would prove nothing.
  for (const count of [frames - bodies, bodies, refusedFrames, refusedBodies]) expect(count).toBeGreaterThan(500);
});
