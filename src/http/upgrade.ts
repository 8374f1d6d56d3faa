/** RFC 9110 §7.8: requests for another protocol that are not granted */
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { UpgradeRefused } from '#core';

/** Answers and closes. */
export function refuseUpgrade(socket: Duplex, { status, message }: UpgradeRefused): void {
  const body = `${message}\n`;
  socket.once('finish', socket.destroy);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
