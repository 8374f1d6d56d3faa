/** WebSocket, for browsers: frames in binary messages of the sub-protocol `mars` */
import { ConnectionLost } from './errors.ts';
import type { Link, LinkEvents } from './link.ts';

const SUBPROTOCOL = 'mars';

/** What is used of the WebSocket of the platform. */
export interface WebSocketLike {
  binaryType: string;
  readonly protocol: string;
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
  onerror: ((event: { readonly message?: string }) => void) | null;
  send(bytes: Uint8Array): void;
  close(): void;
}

export type WebSocketConstructor = new (url: string, protocol: string) => WebSocketLike;

export function dialWebSocket(
  url: URL,
  events: LinkEvents,
  signal: AbortSignal,
  WebSocket: WebSocketConstructor,
): Promise<Link> {
  const socket = new WebSocket(url.href, SUBPROTOCOL);
  socket.binaryType = 'arraybuffer';
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason);
      socket.close();
    };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    socket.onopen = () => {
      signal.removeEventListener('abort', abort);
      resolve({
        isSecure: url.protocol === 'wss:',
        send: (bytes) => socket.send(bytes),
        close: () => socket.close(),
      });
    };
    socket.onmessage = ({ data }) => {
      // Text has no place in this sub-protocol: it is no frame, and is refused as one.
      events.received(data instanceof ArrayBuffer ? new Uint8Array(data) : new TextEncoder().encode(String(data)));
    };
    let cause = '';
    // The end follows. Some throw what nobody listens to.
    socket.onerror = ({ message = '' }) => {
      cause = message;
    };
    socket.onclose = ({ code, reason }) => {
      const lost = new ConnectionLost(`${url.host}: the connection was closed: ${code} ${reason || cause}`.trim());
      reject(lost);
      events.closed(lost);
    };
  });
}
