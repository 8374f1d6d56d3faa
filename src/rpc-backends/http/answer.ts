/** RFC 9110 §15: what a response says */
import type { IncomingMessage } from 'node:http';
import { type RpcAnswer, RpcFault, type RpcRequest } from '#core';
import { answerHeaders, decoded } from './header-names.ts';

/** Whoever answers so cannot reach the service, or is asked too much (§15.6). */
const UNAVAILABLE = new Set([502, 503, 504]);
/** RFC 6585 §5 */
const HEADERS_TOO_LARGE = 431;

/** @throws RpcFault */
export async function answerOf(
  response: IncomingMessage,
  { answerBytes, oneWay }: Pick<RpcRequest, 'answerBytes' | 'oneWay'>,
  contentType: string,
): Promise<RpcAnswer> {
  const { statusCode: status = 0, statusMessage = '', headers } = response;
  const isSuccess = status >= 200 && status < 300;
  const body = await read(response, answerBytes);
  if (UNAVAILABLE.has(status)) throw new RpcFault('unavailable', `status ${status}`);
  if (status === HEADERS_TOO_LARGE) throw new RpcFault('oversized', `status ${status}`);
  if (!isSuccess && (status < 400 || status >= 500)) throw new RpcFault('malformed', `status ${status}`);
  const isOfType = mediaType(headers['content-type']) === contentType.toLowerCase();
  if (isSuccess && body.length > 0 && !isOfType && !oneWay) {
    throw new RpcFault('malformed', `the answer is of type ${headers['content-type']}`);
  }
  return {
    code: codeOf(field(headers['rpc-code']), isSuccess ? 0 : status),
    text: decoded(field(headers['rpc-text']) ?? (isSuccess ? '' : encodeURIComponent(statusMessage))),
    // What comes with a refusal may be a page for people.
    body: isOfType ? body : new Uint8Array(0),
    headers: answerHeaders(headers),
  };
}

async function read(response: IncomingMessage, most: number): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > most) throw new RpcFault('malformed', `the answer is longer than ${most} bytes`);
    parts.push(part);
  }
  return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts, length);
}

function codeOf(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (!/^-?\d{1,10}$/.test(text)) throw new RpcFault('malformed', `${text} is no code`);
  return Number(text);
}

function field(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** RFC 9110 §8.3.1, without its parameters. */
function mediaType(value = ''): string {
  return (value.split(';')[0] as string).trim().toLowerCase();
}
