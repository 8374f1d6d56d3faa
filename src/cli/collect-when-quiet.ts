/**
 * Gives memory back when the server has become quiet. V8 collects by how much is allocated: when ten thousand clients have logged in
 * and nothing more happens, what was left of their logins would stay, and a nursery of the size they needed.
 */
import { performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { measureMemory } from 'node:vm';
import { type Clock, systemClock } from '#core';

/** V8 looks at what was allocated in the last 5 s. */
const LOOK_MS = 6_000;
/** The part of the time in which a quiet event loop is busy, at most. */
const QUIET = 0.05;
/** Bytes by which the heap has to have grown, and what part of it. */
const GROWTH_BYTES = 16 * 2 ** 20;
const GROWTH = 0.1;
/** The nursery gets smaller in a collection that comes when little was allocated since the one before. */
const COLLECTIONS = 2;

export class QuietTimes {
  /** The heap as the latest collection left it. */
  #tidy = 0;
  #left = 0;

  /**
   * Whether it is time for a collection.
   *
   * @param busy the part of the time since the last look in which the event loop was busy
   * @param heapBytes that V8 has of the system
   */
  look(busy: number, heapBytes: number): boolean {
    if (this.#left > 0) {
      this.#tidy = heapBytes;
      this.#left -= 1;
    } else if (heapBytes > this.#tidy * (1 + GROWTH) + GROWTH_BYTES && busy <= QUIET) this.#left = COLLECTIONS;
    return this.#left > 0 && busy <= QUIET;
  }
}

/** @returns stops it */
export function collectWhenQuiet(clock: Clock = systemClock): () => void {
  const times = new QuietTimes();
  let last = performance.eventLoopUtilization();
  let isCollecting = false;
  const look = (): void => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    if (!isCollecting && times.look(utilization, getHeapStatistics().total_heap_size)) {
      isCollecting = true;
      const done = (): void => {
        isCollecting = false;
        // The work of the collection is not that of clients.
        last = performance.eventLoopUtilization();
      };
      collect().then(done, done);
    }
    stop = clock.after(LOOK_MS, look);
  };
  let stop = clock.after(LOOK_MS, look);
  return () => stop();
}

/**
 * To measure memory V8 marks what is alive, a little in each turn of the event loop, and collects the rest; asked for a collection
 * in so many words it would stop the server for as long as that takes. Node warns that its function is an experiment, which does not
 * belong into the log of every server: one that did nothing would do no harm.
 */
function collect(): Promise<unknown> {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return measureMemory({ execution: 'eager' });
  } finally {
    process.emitWarning = emitWarning;
  }
}
