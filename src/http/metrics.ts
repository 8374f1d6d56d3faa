/** /metrics: what the server measures, in the text format of Prometheus, for who has a token */
import { exposition, type HttpRoute, type Metric } from '#core';

/** That of the command server.status. */
const SCOPE = 'server:read';

export function metricsRoute(metrics: () => Iterable<Metric>): HttpRoute {
  return {
    path: '/metrics',
    method: 'GET',
    scope: () => SCOPE,
    bodyBytes: 0,
    answer: () => ({ status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: exposition(metrics()) }),
  };
}
