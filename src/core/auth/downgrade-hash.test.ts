import { expect, it } from 'vitest';
import { downgradeHash } from './downgrade-hash.ts';
import { scramDigest } from './scram-hash.ts';

const digest = (text: string) => scramDigest('SHA-256', Buffer.from(text)).toString('base64');

it('is that of the example of XEP-0474 §5.3, in whatever order things are offered', () => {
  const hash = downgradeHash('SHA-1', ['SCRAM-SHA-1-PLUS', 'SCRAM-SHA-1'], ['tls-server-end-point', 'tls-exporter']);
  expect(hash).toBe('G6k/rBLDqgOhRRaCuuatSDFkJ08=');
});

it('has no second list where no channel binding is offered', () => {
  expect(downgradeHash('SHA-256', ['SCRAM-SHA-256', 'PLAIN'], [])).toBe(digest('PLAIN\x1eSCRAM-SHA-256'));
});
