import type { Socket } from 'node:net';

const TOLD = Symbol('client address');
type MarkedSocket = Socket & { [TOLD]?: string };

/** IP address of the client at the other end, in the form of IPv4 where it is one: a proxy's word for it, where there is one. */
export function clientAddress(socket: Socket): string {
  return (socket as MarkedSocket)[TOLD] ?? socket.remoteAddress?.replace(/^::ffff:/, '') ?? '';
}

/** From now on that is the address of the client of this socket. */
export function setClientAddress(socket: Socket, address: string): void {
  (socket as MarkedSocket)[TOLD] = address;
}
