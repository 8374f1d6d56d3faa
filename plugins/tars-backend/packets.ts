/** RequestPacket and ResponsePacket of TarsCloud/TarsProtocol, through the codec of @tars/rpc */
import codecs from '@tars/rpc/core/rpc-tars/index.js';
import stream from '@tars/stream';
import { type RpcAnswer, RpcFault, type RpcRequest } from 'tharsis/plugin';

/** Of the frame: a big-endian number that counts itself. */
export const LENGTH_BYTES = 4;

const ONE_WAY = 1;
const NORMAL = 0;

/** TARSSERVERQUEUETIMEOUT and TARSSERVEROVERLOAD: the server has too much to do. */
const OVERLOADED = new Set([-6, -9]);

export function encodeRequest(id: number, servant: string, request: RpcRequest): Buffer {
  const { method, body, headers, timeoutMs, oneWay } = request;
  const appBuffer = new stream.BinBuffer(Buffer.from(body.buffer, body.byteOffset, body.length));
  return new codecs.client().compose({
    ...{ iRequestId: id, sServantName: servant, sFuncName: method, appBuffer },
    iTimeout: Math.ceil(timeoutMs),
    property: { packetType: oneWay ? ONE_WAY : NORMAL, context: Object.fromEntries(headers) },
  });
}

export interface Response {
  readonly id: number;
  /** @throws RpcFault unavailable: the server has too much to do */
  answer(): RpcAnswer;
}

/** @param frame a whole one. @throws RpcFault malformed */
export function decodeResponse(frame: Buffer): Response {
  const codec = new codecs.client();
  let response: Response | undefined;
  codec.on('message', ({ origin }) => {
    response = { id: origin.iRequestId, answer: () => answerOf(origin) };
  });
  try {
    codec.feed(frame);
  } catch (cause) {
    throw new RpcFault('malformed', `no packet of Tars: ${(cause as Error).message}`, { cause });
  }
  if (response === undefined) throw new RpcFault('malformed', 'no packet of Tars');
  return response;
}

type Packet = Parameters<Parameters<InstanceType<typeof codecs.client>['on']>[1]>[0]['origin'];

function answerOf({ iRet, sResultDesc, sBuffer, context }: Packet): RpcAnswer {
  if (OVERLOADED.has(iRet)) throw new RpcFault('unavailable', `Tars says ${iRet} ${sResultDesc}`);
  // An older server sends no context.
  const headers = new Map(Object.entries(context.toObject?.() ?? {}));
  return { code: iRet, text: sResultDesc, body: sBuffer.toNodeBuffer(), headers };
}
