import { networkInterfaces } from 'node:os';

/** In a listener's `address`: every address of the machine. */
export const ALL_ADDRESSES = '*';

/** What to listen on for a configured address. A machine without IPv6 refuses `::`, which elsewhere is IPv4 as well. */
export function listenAddress(configured: string): string {
  if (configured !== ALL_ADDRESSES) return configured;
  const interfaces = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return interfaces.some(({ family }) => family === 'IPv6') ? '::' : '0.0.0.0';
}
