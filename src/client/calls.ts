/** docs/protocol/rpc.md: calls of services, and what these answer */
import type { Body, BodyInit, RpcOutput } from '#protocol/mars';
import { ProtocolError, RefusedError } from './errors.ts';

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** How long the service may take; the server allows 5,000 at most. */
  readonly timeoutMs?: number;
  /** The answer comes at once, and says only that the call is taken. */
  readonly oneWay?: boolean;
  /** By which the call is found in the logs of the server and the service. */
  readonly trace?: string;
  /** Chosen when left out. By it the service knows a call that is made again. */
  readonly id?: string;
}

/** What a service answers or tells. */
export interface ServiceOutput {
  /** Of the service. 0: done. */
  readonly code: number;
  readonly text: string;
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Notification extends ServiceOutput {
  readonly service: string;
  /** Which notification it is. */
  readonly type: string;
}

export function callBody(service: string, method: string, body: Uint8Array, options: CallOptions): BodyInit {
  const { headers = {}, timeoutMs = 0, oneWay = false, trace = '', id = '' } = options;
  const value = {
    ...{ serviceName: service, methodName: method, requestBuffer: body, headers },
    ...{ timeoutMs, oneWay, traceId: trace },
  };
  return { id, payload: { case: 'rpcInput', value } };
}

/** Also of a code that is not 0, which is told as an error with the answer beside it. @throws RefusedError */
export async function answerTo(asked: Promise<Body>): Promise<ServiceOutput> {
  const { payload } = await asked.catch((error: unknown) => {
    if (error instanceof RefusedError && error.answer?.payload.case === 'rpcOutput') return error.answer;
    throw error;
  });
  if (payload.case !== 'rpcOutput') throw new ProtocolError('a call is answered with something else');
  return outputOf(payload.value);
}

export function notificationOf(output: RpcOutput): Notification {
  return { service: output.serviceName, type: output.methodName, ...outputOf(output) };
}

function outputOf({ retCode: code, retDesc: text, responseBuffer: body, headers }: RpcOutput): ServiceOutput {
  return { code, text, body, headers };
}
