import { expect, it } from 'vitest';
import { Networks, networkSchema } from './networks.ts';

it.each(['10.0.0.0/8', '192.0.2.1', '0.0.0.0/0', '::1', '2001:db8::/32', '::/0'])('%s is a network', (text) => {
  expect(networkSchema.safeParse(text).success).toBe(true);
});

it.each(['', '10', '10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/-1', 'localhost', '::1%lo', '10.0.0.0/8/8'])(
  '%j is none',
  (text) => {
    expect(networkSchema.safeParse(text).success).toBe(false);
  },
);

it('an address is in a network or not', () => {
  const networks = new Networks(['10.1.0.0/16', '192.0.2.7', '2001:db8::/32']);
  const inside = ['10.1.255.255', '192.0.2.7', '2001:db8::1'];
  const outside = ['10.2.0.0', '192.0.2.8', '2001:db9::1', '', 'localhost'];
  expect([...inside, ...outside].filter((address) => networks.has(address))).toEqual(inside);
});
