import { expect, it } from 'vitest';
import { exposition } from '#core';

it('metrics are lines of text, each with its help, its type and its labels', () => {
  const text = exposition([
    { name: 'tharsis_routed_total', help: 'Stanzas', type: 'counter', samples: [{ value: 3 }] },
    {
      name: 'tharsis_sessions',
      help: 'Sessions',
      type: 'gauge',
      samples: [
        { labels: { host: 'a.example' }, value: 1 },
        { labels: { host: 'b.example', kind: 'x' }, value: 0.5 },
      ],
    },
  ]);
  expect(text).toBe(`# HELP tharsis_routed_total Stanzas
# TYPE tharsis_routed_total counter
tharsis_routed_total 3
# HELP tharsis_sessions Sessions
# TYPE tharsis_sessions gauge
tharsis_sessions{host="a.example"} 1
tharsis_sessions{host="b.example",kind="x"} 0.5
`);
});

it('a label cannot end its line or its quotes', () => {
  const samples = [{ labels: { domain: 'a"b\\c\nd' }, value: 1 }];
  expect(exposition([{ name: 'x', help: 'one\ntwo', type: 'gauge', samples }])).toBe(
    '# HELP x one\\ntwo\n# TYPE x gauge\nx{domain="a\\"b\\\\c\\nd"} 1\n',
  );
});
