import { expect, it } from 'vitest';
import { hostOf, networkOf } from './address-network.ts';

it.each([
  ['192.0.2.17', '192.0.2.17', '192.0.2'],
  ['::ffff:192.0.2.17', '192.0.2.17', '192.0.2'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2', '2001:db8:1'],
  ['2001:0DB8:0001:0002::6', '2001:db8:1:2', '2001:db8:1'],
  ['2001:db8::6', '2001:db8:0:0', '2001:db8:0'],
  ['::1', '0:0:0:0', '0:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0', 'fe80:0:0'],
  ['a local socket', 'a local socket', 'a local socket'],
])('%s is on the host %s in the network %s', (address, host, network) => {
  expect(hostOf(address)).toBe(host);
  expect(networkOf(address)).toBe(network);
});
