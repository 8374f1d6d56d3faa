/** What the server says of a connection, to its client and to the services it calls: the headers whose names are goim's own */
import type { GoimConnection, GoimUser } from './goim-connection.ts';

/** Where a connection comes from, and where it has come to. */
export interface Origin {
  /** Undefined behind a proxy, which does not say. */
  readonly clientPort: number | undefined;
  readonly localAddress: string;
  readonly localPort: number;
}

/** The one that is not always there. */
export const CLIENT_PORT = 'client-port';

export function headersOf({ peer, origin, room, listener }: GoimConnection, user: GoimUser): Record<string, string> {
  const { clientPort, localAddress, localPort } = origin;
  return {
    uid: `${user.uid}`,
    appid: `${user.app}`,
    connid: `${user.connid}`,
    'is-anonymous-user': `${user.uid === 0}`,
    'subscribe-room-push': `${room}`,
    'heartbeat-threshold': duration(listener.config.idle_seconds),
    'client-ip': peer.address,
    ...(clientPort !== undefined && { [CLIENT_PORT]: `${clientPort}` }),
    'access-point-ip': localAddress,
    'access-point-port': `${localPort}`,
  };
}

/** As Go writes it. */
function duration(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  return `${hours > 0 ? `${hours}h` : ''}${seconds >= 60 ? `${minutes}m` : ''}${seconds % 60}s`;
}
