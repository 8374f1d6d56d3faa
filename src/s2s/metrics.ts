/** What there is with other servers, in numbers */
import type { Metric, Sample } from '#core';
import type { ServerStream } from './server-stream.ts';
import type { Traffic, TrafficByDomain } from './traffic.ts';

export interface WaitingFor {
  readonly domain: string;
  readonly stanzas: number;
  readonly bytes: number;
}

export function s2sMetrics(
  traffic: TrafficByDomain,
  streams: readonly ServerStream[],
  waiting: readonly WaitingFor[],
): Metric[] {
  const total = (name: string, help: string, samples: (of: Traffic) => Sample[]): Metric => ({
    ...{ name, help, type: 'counter' },
    samples: [...traffic].flatMap(([domain, of]) =>
      samples(of).map(({ labels, value }) => ({ labels: { domain, ...labels }, value })),
    ),
  });
  const now = <T>(name: string, help: string, of: readonly T[], sample: (one: T) => LabelledSample): Metric => ({
    ...{ name, help, type: 'gauge' },
    samples: summed(of.map(sample)),
  });
  const labelsOf = (domain: string | undefined) => ({ domain: traffic.nameOf(domain ?? '') });
  return [
    total('tharsis_s2s_sent_total', 'Stanzas written to streams with other servers', ({ sent }) => [{ value: sent }]),
    total('tharsis_s2s_received_total', 'Stanzas that came from other servers', ({ received }) => [
      { value: received },
    ]),
    total('tharsis_s2s_bounced_total', 'Stanzas for other servers that were answered with an error here', (of) =>
      byLabel('condition', of.bounces),
    ),
    total('tharsis_s2s_dial_failures_total', 'Streams that could not be opened, by how far the attempt came', (of) =>
      byLabel('step', of.failures),
    ),
    now('tharsis_s2s_streams', 'Streams with other servers', streams, ({ pair, direction, proof }) => ({
      labels: { ...labelsOf(pair?.remote), direction, state: proof === undefined ? 'connecting' : 'open' },
      value: 1,
    })),
    now(
      'tharsis_s2s_unacknowledged_stanzas',
      'Stanzas that were written and that the other server has not acknowledged',
      streams,
      ({ pair, resumable }) => ({ labels: labelsOf(pair?.remote), value: resumable.owed }),
    ),
    now('tharsis_s2s_queue_stanzas', 'Stanzas that wait for a stream', waiting, ({ domain, stanzas }) => ({
      labels: labelsOf(domain),
      value: stanzas,
    })),
    now('tharsis_s2s_queue_bytes', 'Size of the stanzas that wait for a stream', waiting, ({ domain, bytes }) => ({
      labels: labelsOf(domain),
      value: bytes,
    })),
  ];
}

type LabelledSample = Required<Sample>;

function byLabel(label: string, counts: ReadonlyMap<string, number>): Sample[] {
  return [...counts].map(([key, value]) => ({ labels: { [label]: key }, value }));
}

/** One sample for all that have the same labels. */
function summed(samples: readonly LabelledSample[]): Sample[] {
  const byLabels = new Map<string, LabelledSample>();
  for (const { labels, value } of samples) {
    const key = JSON.stringify(labels);
    byLabels.set(key, { labels, value: value + (byLabels.get(key)?.value ?? 0) });
  }
  return [...byLabels.values()];
}
