// Loaded into the server that is measured (--import): tells how long its event loop was blocked at most.
import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const histogram = monitorEventLoopDelay({ resolution: 1 });
histogram.enable();

/** At each SIGUSR2: the longest since the last one, in milliseconds, into the file LOOP_DELAY. */
process.on('SIGUSR2', () => {
  writeFileSync(process.env.LOOP_DELAY, String(histogram.max / 1e6));
  histogram.reset();
});
