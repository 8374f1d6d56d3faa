/** Headers of messages of NATS, and what answers say by them */
import { headers as createHeaders, type Msg, type MsgHdrs } from '@nats-io/transport-node';
import { type RpcAnswer, RpcFault } from '#core';

/** As the NATS micro services of every language say that they failed. */
const CODE = 'nats-service-error-code';
const TEXT = 'nats-service-error';

/** By such names NATS is told what to do with a message, such as where to tell of its way. */
const OF_NATS = /^nats-/i;

/** Without those by which a client would tell NATS something. */
export function headersFrom(headers: ReadonlyMap<string, string>): MsgHdrs {
  const fields = createHeaders();
  for (const [name, value] of headers) if (!OF_NATS.test(name)) fields.set(name, value);
  return fields;
}

/** Of several values of a name, the first. */
export function headersOf({ headers }: Msg): Map<string, string> {
  return new Map(Array.from(headers ?? [], ([name, values]) => [name, values[0] ?? '']));
}

/** @throws RpcFault malformed */
export function answerOf(reply: Msg): RpcAnswer {
  const headers = headersOf(reply);
  let code = '0';
  let text = '';
  for (const [name, value] of headers) {
    const field = name.toLowerCase();
    if (field === CODE) code = value;
    if (field === TEXT) text = value;
    if (field === CODE || field === TEXT) headers.delete(name);
  }
  if (!/^-?\d{1,10}$/.test(code)) throw new RpcFault('malformed', `${code} is no code`);
  return { code: Number(code), text, body: reply.data, headers };
}
