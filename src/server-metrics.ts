/** What the whole server measures, for /metrics */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { LoginLimiter, Metric, OpenConnections, Router, Sample } from '#core';
import type { Federation } from './s2s/index.ts';

/** A timer of this interval that is late shows how long the event loop was busy. */
const RESOLUTION_MS = 20;
const NS_PER_SECOND = 1e9;

export interface MeasuredParts {
  readonly router: Router;
  readonly connections: OpenConnections;
  readonly limiter: LoginLimiter;
  readonly federation: Federation | undefined;
}

export class ServerMetrics {
  readonly #parts: MeasuredParts;
  /** Measured from the first question on: who is never asked does not wake up for it. */
  #delay: IntervalHistogram | undefined;

  constructor(parts: MeasuredParts) {
    this.#parts = parts;
  }

  *read(): IterableIterator<Metric> {
    const { router, connections, limiter, federation } = this.#parts;
    const sessions = [...router.hosts].map((host) => ({
      labels: { host: host.domain.domain },
      value: host.sessions.size,
    }));
    yield gauge('tharsis_sessions', 'Sessions of clients, also those whose connection is lost', sessions);
    yield gauge('tharsis_connections', 'Open connections of clients', [{ value: connections.size }]);
    yield counter('tharsis_stanzas_routed_total', 'Stanzas brought to a domain, here or elsewhere', [
      { value: router.routed },
    ]);
    const { succeeded, failed } = limiter.totals;
    yield counter('tharsis_logins_total', 'Attempts to log in; a wrong token of the HTTP API is one that failed', [
      { labels: { outcome: 'succeeded' }, value: succeeded },
      { labels: { outcome: 'failed' }, value: failed },
    ]);
    yield gauge(
      'tharsis_event_loop_delay_seconds',
      'How late timers were since the question before; quantile 1 is the latest',
      this.#delays(),
    );
    yield gauge('process_resident_memory_bytes', 'Memory of the process', [{ value: process.memoryUsage.rss() }]);
    const { user, system } = process.cpuUsage();
    yield counter('process_cpu_seconds_total', 'Time on processors', [{ value: (user + system) / 1e6 }]);
    yield* federation?.metrics() ?? [];
  }

  close(): void {
    this.#delay?.disable();
  }

  #delays(): Sample[] {
    if (this.#delay === undefined) {
      this.#delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
      this.#delay.enable();
      return [];
    }
    const delay = this.#delay;
    const samples = [50, 99, 100].map((percentile) => ({
      labels: { quantile: String(percentile / 100) },
      value: delay.count === 0 ? 0 : delay.percentile(percentile) / NS_PER_SECOND,
    }));
    delay.reset();
    return samples;
  }
}

function gauge(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name, help, type: 'gauge', samples };
}

function counter(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name, help, type: 'counter', samples };
}
