/** The part of @tars/rpc that is used, which has no types of its own: codecs, and nothing that opens sockets */
declare module '@tars/rpc/core/rpc-tars/index.js' {
  import type { BinBuffer } from '@tars/stream';

  interface RequestPacket {
    readonly iRequestId: number;
    readonly sServantName: string;
    readonly sFuncName: string;
    readonly appBuffer: BinBuffer;
    readonly iTimeout: number;
    readonly property: { readonly packetType: 0 | 1; readonly context: Readonly<Record<string, string>> };
  }

  interface ResponsePacket {
    readonly iRequestId: number;
    readonly iRet: number;
    readonly sResultDesc: string;
    readonly sBuffer: BinBuffer;
    readonly context: { toObject?(): Record<string, string> };
  }

  const codecs: {
    readonly client: new () => {
      compose(request: RequestPacket): Buffer;
      feed(bytes: Buffer): void;
      on(event: 'message', listener: (message: { readonly origin: ResponsePacket }) => void): void;
    };
  };
  export default codecs;
}
