/** RFC 6455: a WebSocket with a client at the other end, whatever its messages are */
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { RawData, WebSocket } from 'ws';
import { type ChannelBindingType, type Peer, type TransportHost, tlsChannelBinding, tlsChannelBindings } from '#core';

/** §7.4.1 */
export const NORMAL = 1000;
export const UNSUPPORTED_DATA = 1003;

/** One symbol instead of a closure per event and connection. */
const OWNER = Symbol('owner');
type OwnedWebSocket = WebSocket & { [OWNER]?: ClientWebSocket };

export abstract class ClientWebSocket {
  readonly peer: Peer;
  protected readonly core: TransportHost;
  protected readonly ws: WebSocket;
  /** What is below, where HTTP was spoken before. */
  protected readonly socket: Duplex;

  constructor(ws: OwnedWebSocket, socket: Duplex, peer: Peer, core: TransportHost) {
    this.peer = peer;
    this.core = core;
    this.ws = ws;
    this.socket = socket;
    ws[OWNER] = this;
    ws.on('message', onMessage);
    ws.on('ping', onPing);
    ws.on('error', onError);
    ws.on('close', onClose);
    core.connections.endWithPeer(socket);
  }

  get secure(): boolean {
    return this.socket instanceof TLSSocket;
  }

  get channelBindings(): readonly ChannelBindingType[] {
    return tlsChannelBindings(this.socket);
  }

  channelBinding(type: ChannelBindingType): Uint8Array | undefined {
    return tlsChannelBinding(this.socket, type);
  }

  /** Its own frame tells, since a compressed message is not with the socket yet; nobody answers a pong (§5.5.3). */
  drained(): Promise<boolean> {
    return new Promise((resolve) => this.ws.pong('', false, (error?: Error | null) => resolve(!error)));
  }

  pause(): void {
    this.ws.pause();
  }

  resume(): void {
    this.ws.resume();
  }

  abstract received(message: Buffer, isBinary: boolean): void;

  /** A ping, which is answered already. */
  heard(): void {}

  /** The library refused what came, and closes with the code of §7.4.1. */
  refused(error: Error): void {
    this.core.log.info({ peer: this.peer.address, err: error }, 'websocket error');
  }

  /** It is closed, by whatever cause. */
  abstract lost(): void;
}

function onMessage(this: OwnedWebSocket, message: RawData, isBinary: boolean): void {
  // The default binaryType gives one Buffer.
  this[OWNER]?.received(message as Buffer, isBinary);
}

function onPing(this: OwnedWebSocket): void {
  this[OWNER]?.heard();
}

function onError(this: OwnedWebSocket, error: Error): void {
  this[OWNER]?.refused(error);
}

function onClose(this: OwnedWebSocket): void {
  this[OWNER]?.lost();
}
