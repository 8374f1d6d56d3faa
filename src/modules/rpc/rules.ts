/** docs/protocol/rpc.md §3.2, §9: what calls, answers and notifications may be */
import { isLegal, type RpcAnswer, type RpcCall, RpcFault, type RpcNotification, StanzaError } from '#core';
import type { RpcConfig } from './config.ts';
import { folded, isHeaderName, isHeaderValue, isReserved, METHOD, SERVICE } from './names.ts';

type Headers = ReadonlyMap<string, string>;

/** Longest id or trace, in characters. */
const LONGEST_ID = 256;

/** @throws StanzaError bad-request, forbidden, policy-violation */
export function checkCall(call: RpcCall, { request_bytes, headers, header_bytes }: RpcConfig): void {
  const { service, method, trace = '', id = '', timeoutMs = 0 } = call;
  checkNames(service, method);
  if (!Number.isInteger(timeoutMs) || timeoutMs < 0) throw new StanzaError('bad-request', 'timeout is no number of ms');
  if (!isHeaderValue(trace) || !isHeaderValue(id)) throw new StanzaError('bad-request', 'trace or id is no plain text');
  if (trace.length > LONGEST_ID || id.length > LONGEST_ID) {
    throw new StanzaError('policy-violation', `trace and id have at most ${LONGEST_ID} characters`);
  }
  refuse(headerFault(call.headers, headers, header_bytes));
  const given = new Set<string>();
  for (const name of call.headers.keys()) {
    if (isReserved(name)) throw new StanzaError('forbidden', `the header ${name} is the server's`);
    given.add(folded(name));
  }
  if (given.size < call.headers.size) throw new StanzaError('bad-request', 'a header is there twice');
  checkSize(call.body, request_bytes);
}

/** @throws StanzaError bad-request, policy-violation */
export function checkNotification(
  { service, type, headers: given, body }: RpcNotification,
  { answer_bytes, headers, header_bytes }: RpcConfig,
): void {
  checkNames(service, type);
  refuse(headerFault(given, headers, header_bytes));
  checkSize(body, answer_bytes);
}

/** @throws RpcFault malformed: it is none that could be passed on */
export function checkAnswer(answer: RpcAnswer, { answer_bytes, headers, header_bytes }: RpcConfig): void {
  const fault = answerFault(answer, answer_bytes) ?? headerFault(answer.headers, headers, header_bytes)?.text;
  if (fault !== undefined) throw new RpcFault('malformed', fault);
}

function answerFault({ code, text, body }: RpcAnswer, most: number): string | undefined {
  if ((code | 0) !== code) return `the code ${code} is no integer of 32 bits`;
  if (text.length > LONGEST_TEXT || !isLegal(text)) return 'the text is too long, or has what XML cannot hold';
  if (body.length > most) return `${body.length} bytes, and ${most} are allowed`;
  return undefined;
}

const LONGEST_TEXT = 1_024;

function checkNames(service: string, method: string): void {
  if (!SERVICE.test(service)) throw new StanzaError('bad-request', 'the name of the service is none');
  if (!METHOD.test(method)) throw new StanzaError('bad-request', 'the name of the method is none');
}

function checkSize({ length }: Uint8Array, most: number): void {
  if (length > most) throw new StanzaError('policy-violation', `${length} bytes, and ${most} are allowed`);
}

function refuse(fault: Fault | undefined): void {
  if (fault !== undefined) throw new StanzaError(fault.condition, fault.text);
}

interface Fault {
  readonly condition: 'bad-request' | 'policy-violation';
  readonly text: string;
}

function headerFault(headers: Headers, most: number, mostBytes: number): Fault | undefined {
  if (headers.size === 0) return undefined;
  if (headers.size > most) return { condition: 'policy-violation', text: `at most ${most} headers` };
  let bytes = 0;
  for (const [name, value] of headers) {
    if (!isHeaderName(name)) return { condition: 'bad-request', text: 'the name of a header is none' };
    if (!isHeaderValue(value)) return { condition: 'bad-request', text: `the header ${name} is no plain text` };
    bytes += name.length + Buffer.byteLength(value);
  }
  if (bytes > mostBytes) return { condition: 'policy-violation', text: `headers of at most ${mostBytes} bytes` };
  return undefined;
}
