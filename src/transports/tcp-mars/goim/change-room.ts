/** Operation 15: the room whose pushes the connection gets, which is one at most */
import type { RPCInput } from '#protocol/goim';
import { BodyError } from '#protocol/mars';
import { callService, refusalOf } from './call.ts';
import type { GoimConnection, GoimUser } from './goim-connection.ts';
import type { GoimRequest, Output } from './goim-request.ts';
import { IdError, parseAppId, parseRoom } from './ids.ts';

/** There is no such room. */
const INVALID = 1;
/** The room is changed, and the service was not reached. */
const NOT_CALLED = 3;

/** @throws what is not the client's fault */
export function changeRoom(connection: GoimConnection, user: GoimUser, request: GoimRequest): void {
  try {
    const input = request.input();
    const room = roomIn(input.headers, user);
    const retDesc = `change roomid ${connection.room}->${room} ok`;
    connection.moveTo(room);
    if (input.serviceName === '') request.answer({ retDesc });
    else void told(connection, user, input, retDesc).then((output) => request.answer(output));
  } catch (error) {
    if (!(error instanceof IdError || error instanceof BodyError)) throw error;
    request.answer({ retCode: INVALID, retDesc: `invalid roomid: ${error.message}` });
  }
}

/** What the service says that is to know of the change. Never rejects. */
async function told(connection: GoimConnection, user: GoimUser, input: RPCInput, retDesc: string): Promise<Output> {
  try {
    return { ...(await callService(connection, user, input)), retCode: 0, retDesc };
  } catch (error) {
    return { ...refusalOf(error, connection), retCode: NOT_CALLED };
  }
}

/** @throws IdError */
function roomIn(headers: RPCInput['headers'], { app }: GoimUser): number {
  const { appid, 'subscribe-room-push': room } = headers;
  if (room === undefined) throw new IdError('the header subscribe-room-push is missing');
  if (appid !== undefined && parseAppId(appid) !== app) throw new IdError('the room is that of another app');
  return parseRoom(room);
}
