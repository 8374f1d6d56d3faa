/** Time and chance, which a test sets */

export interface Clock {
  /** Milliseconds, from any beginning. */
  now(): number;
  /** Calls once, unless the returned function is called before. */
  after(ms: number, run: () => void): () => void;
  /** From 0 to below 1. */
  random(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};
