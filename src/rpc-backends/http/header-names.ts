/** How headers of calls and answers are written as fields of HTTP (RFC 9110 §5) */
import { RpcFault, type RpcRequest } from '#core';

/** Before those of clients: a client could else set any field. */
const PREFIX = 'rpc-header-';
const SERVER = 'tharsis-';
/** Of what comes before the body: servers of Node.js take no more, and others not much more. */
const MOST_BYTES = 16_384;
/** The line that names the path, and the fields that are not ours: Host and Connection. */
const REST_BYTES = 64;

export function requestHeaders({ headers, timeoutMs, oneWay }: RpcRequest): Record<string, string> {
  const fields: Record<string, string> = { 'tharsis-timeout': String(Math.ceil(timeoutMs)) };
  if (oneWay) fields['tharsis-one-way'] = 'true';
  for (const [name, value] of headers) fields[name.startsWith(SERVER) ? name : PREFIX + name] = encoded(value);
  return fields;
}

/** Who answers a request that is too long closes the connection, or is gone before it is sent. @throws RpcFault oversized */
export function checkLength({ host, pathname }: URL, fields: Readonly<Record<string, string>>): void {
  let bytes = REST_BYTES + host.length + pathname.length;
  for (const name in fields) bytes += name.length + (fields[name] as string).length + ': \r\n'.length;
  if (bytes > MOST_BYTES) throw new RpcFault('oversized', `headers of ${bytes} bytes, and HTTP has ${MOST_BYTES}`);
}

/** @throws RpcFault malformed */
export function answerHeaders(fields: NodeJS.Dict<string | string[]>): Map<string, string> {
  const headers = new Map<string, string>();
  for (const name in fields) {
    const value = fields[name];
    if (name.startsWith(PREFIX) && typeof value === 'string') headers.set(name.slice(PREFIX.length), decoded(value));
  }
  return headers;
}

/** RFC 3986 §2.1: what is not visible in ASCII, and the percent sign itself. */
function encoded(value: string): string {
  return value.replace(/[^\x21-\x24\x26-\x7e]+/g, encodeURIComponent);
}

/** @throws RpcFault malformed */
export function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch (cause) {
    throw new RpcFault('malformed', `a header has percent signs that encode nothing: ${value}`, { cause });
  }
}
