import { expect, test } from 'vitest';
import { ns } from '#core';
import time from '#modules/time';
import { TestHost } from '../../../test/support/test-host.ts';

test('the host tells its clock in UTC', async () => {
  const server = await TestHost.start([time], ['romeo']);
  server.clock.advance(61_500);
  const { payload } = await server
    .connect('romeo', 'orchard')
    .request('get', ns('urn:xmpp:time')('time'), 'example.com');
  expect(payload?.childText('utc')).toBe('2026-01-01T00:01:01.500Z');
  expect(payload?.childText('tzo')).toBe('Z');
});
