/** Operation 4: a call of a service of the game */
import { StanzaError } from '#core';
import type { RPCInput } from '#protocol/goim';
import { BodyError } from '#protocol/mars';
import { PATIENCE_MS } from '../patience.ts';
import { errorBody } from '../stanza-mapping/error.ts';
import type { GoimConnection, GoimUser } from './goim-connection.ts';
import type { GoimRequest, Output } from './goim-request.ts';
import { CLIENT_PORT, headersOf } from './headers.ts';

export async function call(connection: GoimConnection, user: GoimUser, request: GoimRequest): Promise<void> {
  try {
    request.answer(await callService(connection, user, request.input()));
  } catch (error) {
    request.answer(refusalOf(error, connection));
  }
}

/** What the service answers. @throws StanzaError: it was not called, or gave no answer */
export async function callService(connection: GoimConnection, user: GoimUser, input: RPCInput): Promise<Output> {
  const { serviceName, methodName } = input;
  const { session, host } = user;
  if (session === undefined) throw new StanzaError('not-authorized', 'who is nobody in particular calls no services');
  if (host.rpc === undefined) throw new StanzaError('item-not-found', `there is no service ${serviceName}`);
  const said = new Map(Object.entries(input.headers));
  // What the client says in the names that are ours does not count, also where we say nothing.
  said.delete(CLIENT_PORT);
  const { code, text, body, headers } = await host.rpc.call(session, {
    ...{ service: serviceName, method: methodName, body: input.requestBuffer, timeoutMs: PATIENCE_MS },
    headers: new Map([...said, ...Object.entries(headersOf(connection, user))]),
  });
  return {
    ...{ retCode: code, retDesc: text, responseBuffer: body, headers: Object.fromEntries(headers) },
    ...{ serviceName, methodName },
  };
}

/** A StanzaError as an answer. */
export function refusal(error: StanzaError): Output {
  const { code = 0, text = error.condition } = errorBody(error);
  return { retCode: code, retDesc: text };
}

/** What is neither the client's fault nor the service's is a bug of ours. */
export function refusalOf(error: unknown, { listener }: GoimConnection): Output {
  if (error instanceof StanzaError) return refusal(error);
  if (error instanceof BodyError) return refusal(new StanzaError('bad-request', error.message));
  listener.core.log.error({ err: error }, 'a call failed');
  return refusal(new StanzaError('internal-server-error'));
}
