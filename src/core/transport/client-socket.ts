/** RFC 9293, RFC 8446: a TCP socket with a client at the other end, and TLS on it when it comes to that */
import type { Socket } from 'node:net';
import { TLSSocket, type TLSSocketOptions } from 'node:tls';
import type { ChannelBindingType } from '../auth/index.ts';
import type { Peer } from '../session/index.ts';
import { certificateJids } from './certificate-jids.ts';
import { tlsChannelBinding, tlsChannelBindings } from './tls-binding.ts';
import type { TransportHost } from './transport.ts';

/** One symbol instead of a closure per event and connection. */
const OWNER = Symbol('owner');
type OwnedSocket = Socket & { [OWNER]?: ClientSocket };

/** What all connections over TCP have in common, whatever is spoken on them. */
export abstract class ClientSocket {
  readonly peer: Peer;
  protected readonly core: TransportHost;
  protected socket: Socket;

  constructor(socket: Socket, peer: Peer, core: TransportHost) {
    this.peer = peer;
    this.core = core;
    this.socket = socket;
    this.#own(socket);
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

  get certificateJids(): readonly string[] | undefined {
    return certificateJids(this.socket);
  }

  drained(): Promise<boolean> {
    return new Promise((resolve) => this.socket.write('', (error) => resolve(!error)));
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /** @param bytes valid during the call only */
  abstract received(bytes: Buffer): void;

  /** The socket is closed, by whatever cause. With TLS both sockets tell. */
  abstract lost(): void;

  /** Resets are everyday life; what TLS says is the trace of an attack or of a wrong configuration. */
  failed(error: NodeJS.ErrnoException): void {
    const isOfTls = error.code?.startsWith('ERR_SSL_') || error.code?.startsWith('ERR_TLS_');
    if (isOfTls) this.core.log.info({ peer: this.peer.address, code: error.code }, 'TLS failed');
  }

  /** What comes next is a TLS handshake. @param serverName whose certificate a client without SNI is shown */
  protected takeHandshake(serverName: string | undefined, options?: TLSSocketOptions): void {
    const { tls } = this.core;
    this.socket.removeAllListeners('data');
    this.socket = new TLSSocket(this.socket, {
      ...options,
      isServer: true,
      secureContext: tls.context(serverName),
      SNICallback: (name, answer) => answer(null, tls.context(name)),
    });
    this.#own(this.socket);
  }

  #own(socket: OwnedSocket): void {
    socket[OWNER] = this;
    socket.on('data', onData);
    socket.on('error', onError);
    socket.on('close', onClose);
    this.core.connections.endWithPeer(socket);
  }
}

function onData(this: OwnedSocket, bytes: Buffer): void {
  this[OWNER]?.received(bytes);
}

function onError(this: OwnedSocket, error: Error): void {
  this[OWNER]?.failed(error);
  this.destroy();
}

function onClose(this: OwnedSocket): void {
  this[OWNER]?.lost();
}
