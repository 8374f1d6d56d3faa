/** How headers of calls and answers are written as fields of HTTP (RFC 9110 §5) */
import { RpcFault, type RpcRequest } from '#core';

/** Before those of clients: a client could else set any field. */
const PREFIX = 'rpc-header-';
const SERVER = 'tharsis-';

export function requestHeaders({ headers, timeoutMs, oneWay }: RpcRequest): Record<string, string> {
  const fields: Record<string, string> = { 'tharsis-timeout': String(Math.ceil(timeoutMs)) };
  if (oneWay) fields['tharsis-one-way'] = 'true';
  for (const [name, value] of headers) fields[name.startsWith(SERVER) ? name : PREFIX + name] = encoded(value);
  return fields;
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
