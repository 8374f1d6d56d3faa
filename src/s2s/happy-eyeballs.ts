/** RFC 8305: a connection to whichever address of a host answers first */
import { connect, type Socket } from 'node:net';
import type { Clock } from '#core';
import type { Address } from './dns.ts';

/** §5: until the next address is tried as well. */
const ATTEMPT_DELAY_MS = 250;

/**
 * Resolves with a socket that is connected. Rejects when no address takes the connection, with the errors of all, or with
 * the reason of the signal.
 */
export function connectFirst(
  addresses: readonly Address[],
  port: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const waiting = interleaved(addresses);
    const open = new Set<Socket>();
    const errors: Error[] = [];
    let cancelNext = (): void => {};

    const finish = (outcome: () => void): void => {
      cancelNext();
      signal.removeEventListener('abort', aborted);
      outcome();
      for (const socket of open) socket.destroy();
    };
    const aborted = (): void => finish(() => reject(signal.reason));

    const tryNext = (): void => {
      cancelNext();
      const next = waiting.shift();
      if (next === undefined) {
        if (open.size === 0) finish(() => reject(new AggregateError(errors, 'no address takes the connection')));
        return;
      }
      const socket = connect({ host: next.address, port, noDelay: true, keepAlive: true });
      open.add(socket);
      const failed = (error: Error): void => {
        open.delete(socket);
        errors.push(error);
        tryNext();
      };
      socket.once('error', failed);
      socket.once('connect', () => {
        socket.off('error', failed);
        // Until somebody owns it.
        socket.on('error', () => {});
        open.delete(socket);
        finish(() => resolve(socket));
      });
      cancelNext = clock.after(ATTEMPT_DELAY_MS, tryNext);
    };

    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener('abort', aborted);
    tryNext();
  });
}

/** §4: the families take turns, IPv6 first. */
function interleaved(addresses: readonly Address[]): Address[] {
  const six = addresses.filter(({ family }) => family === 6);
  const four = addresses.filter(({ family }) => family === 4);
  return Array.from({ length: Math.max(six.length, four.length) }, (_, at) => [six[at], four[at]])
    .flat()
    .filter((address) => address !== undefined);
}
