/** Operation 4: a call of a service of the game */
import { StanzaError } from '#core';
import type { RPCInput } from '#protocol/goim';
import { BodyError } from '#protocol/mars';
import { errorBody } from '../stanza-mapping/error.ts';
import type { GoimConnection, GoimUser } from './goim-connection.ts';
import type { GoimRequest, Output } from './goim-request.ts';

export async function call(connection: GoimConnection, user: GoimUser, request: GoimRequest): Promise<void> {
  try {
    request.answer(await callService(connection, user, request.input()));
  } catch (error) {
    request.answer(refusalOf(error, connection));
  }
}

/** What the service answers. @throws StanzaError: it was not called, or gave no answer */
export async function callService(
  _connection: GoimConnection,
  { session }: GoimUser,
  input: RPCInput,
): Promise<Output> {
  if (session === undefined) throw new StanzaError('not-authorized', 'nobody in particular calls no services');
  throw new StanzaError('item-not-found', `there is no service ${input.serviceName}`);
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
