/** 1040: a call of a service of the game (docs/protocol/rpc.md) */
import { attributes, Element, type RpcAnswer, StanzaError } from '#core';
import type { BodyInit } from '#protocol/mars';
import { PATIENCE_MS } from '../patience.ts';
import type { Request } from '../request.ts';
import type { MarsSession } from '../session/mars-session.ts';
import { NS_RPC } from '../stanza-mapping/namespaces.ts';

export function rpc({ session }: MarsSession, request: Request): void {
  const { payload, id, noReply } = request.body;
  if (payload.case !== 'rpcInput') throw new StanzaError('bad-request', 'rpc_input is missing');
  const { rpc: service, log } = session.host;
  if (service === undefined) throw new StanzaError('service-unavailable', 'there are no services');
  const { serviceName, methodName, requestBuffer, headers, timeoutMs, oneWay, traceId, compress } = payload.value;
  const call = {
    ...{ service: serviceName, method: methodName, body: requestBuffer, trace: traceId, id },
    headers: new Map(Object.entries(compress === '' ? headers : { ...headers, 'content-encoding': compress })),
    timeoutMs: Math.min(timeoutMs || PATIENCE_MS, PATIENCE_MS),
    oneWay: oneWay || noReply,
  };
  service.call(session, call).then(
    (answer) => settle(request, answer, { serviceName, methodName }),
    (error: unknown) => request.fail(error, (err) => log.error({ err }, 'a call failed')),
  );
}

/** A code that is not 0 is an error, and what came with it goes along. */
function settle(request: Request, answer: RpcAnswer, names: { serviceName: string; methodName: string }): void {
  const { code, text, body, headers } = answer;
  const value = {
    ...names,
    ...{ retCode: code, retDesc: text, responseBuffer: body, headers: Object.fromEntries(headers) },
  };
  const output: BodyInit = { payload: { case: 'rpcOutput', value } };
  if (code === 0) return request.answer(output);
  const application = new Element('failed', NS_RPC, attributes({ code: String(code) }));
  request.refuse(
    new StanzaError('undefined-condition', text === '' ? undefined : text, { application }),
    undefined,
    output,
  );
}
