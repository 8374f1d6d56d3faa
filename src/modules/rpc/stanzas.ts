/** docs/protocol/rpc.md §4.1, §5.1: calls, answers and notifications as elements */
import { type Element, ns, type RpcAnswer, type RpcCall, type RpcNotification, StanzaError } from '#core';
import { NS_RPC } from './namespaces.ts';

const rpc = ns(NS_RPC);

/** @throws StanzaError bad-request */
export function readCall(element: Element, id: string | undefined): RpcCall {
  const { service = '', method = '', timeout = '0', trace = '', 'one-way': oneWay = 'false' } = element.attrs;
  const timeoutMs = Number(timeout);
  if (!/^\d+$/.test(timeout) || timeoutMs > LONGEST_MS) {
    throw new StanzaError('bad-request', 'timeout is no number of ms');
  }
  if (!BOOLEANS.has(oneWay)) throw new StanzaError('bad-request', 'one-way is true or false');
  return {
    ...{ service, method, trace, id, timeoutMs },
    oneWay: BOOLEANS.get(oneWay) === true,
    body: readBody(element.childText('body') ?? ''),
    headers: readHeaders(element),
  };
}

/** XML Schema Part 2 §3.3.22: unsignedInt. Zeros in front count for nothing. */
const LONGEST_MS = 2 ** 32 - 1;

/** XML Schema Part 2 §3.2.2 */
const BOOLEANS = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

/** RFC 4648 §4; white space between is allowed (XML Schema Part 2 §3.2.16). */
function readBody(text: string): Uint8Array {
  const base64 = text.replace(/[ \t\r\n]+/g, '');
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.toString('base64') !== base64) throw new StanzaError('bad-request', 'the body is no Base64');
  return bytes;
}

function readHeaders(element: Element): Map<string, string> {
  const headers = new Map<string, string>();
  for (const header of element.elements('header')) {
    const { name = '' } = header.attrs;
    if (headers.has(name)) throw new StanzaError('bad-request', 'a header is there twice');
    headers.set(name, header.text());
  }
  return headers;
}

export function answerElement({ code, text, body, headers }: RpcAnswer): Element {
  const attrs = { code: String(code), text: text === '' ? undefined : text };
  return rpc('answer', attrs, headerElements(headers), bodyElement(body));
}

export function notifyElement({ service, type, body, headers }: RpcNotification): Element {
  return rpc('notify', { service, type }, headerElements(headers), bodyElement(body));
}

function headerElements(headers: ReadonlyMap<string, string>): Element[] {
  return Array.from(headers, ([name, value]) => rpc('header', { name }, value));
}

function bodyElement(body: Uint8Array): Element | undefined {
  if (body.length === 0) return undefined;
  return rpc('body', {}, Buffer.from(body.buffer, body.byteOffset, body.length).toString('base64'));
}
