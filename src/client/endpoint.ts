/** Where a redirect leads: command 1102 */
import type { Endpoint } from '#protocol/mars';

/** Where the WebSocket of a server is. */
const WEB_SOCKET_PATH = '/xmpp-websocket';

/** What the endpoint leaves open is as it was. */
export function urlOf({ host, port, protocol }: Endpoint, now: URL | undefined): URL[] {
  const scheme = protocol || now?.protocol.slice(0, -1) || 'tcp';
  const name = host.includes(':') ? `[${host}]` : host;
  try {
    return [new URL(`${scheme}://${name}:${port || now?.port}${scheme.startsWith('ws') ? WEB_SOCKET_PATH : ''}`)];
  } catch {
    return [];
  }
}
