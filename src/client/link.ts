/** A connection that carries bytes in order, and where it comes from */
import type { ClientCrypto } from './crypto.ts';

export interface LinkEvents {
  received(chunk: Uint8Array): void;
  /** Once, whoever closed it. */
  closed(error?: Error): void;
}

export interface Link {
  /** Encrypted by TLS. */
  readonly isSecure: boolean;
  /** What both ends of this TLS connection know and nobody else (RFC 9266). */
  readonly channelBinding?: ChannelBinding | undefined;
  send(bytes: Uint8Array): void;
  /** What was sent still goes out. */
  close(): void;
}

export interface ChannelBinding {
  readonly type: string;
  readonly data: Uint8Array;
}

/** What differs between Node and browsers. */
export interface Platform {
  readonly crypto: ClientCrypto;
  /** Rejects when there is no connection; an abort of the signal ends the attempt. */
  dial(url: URL, events: LinkEvents, signal: AbortSignal): Promise<Link>;
}
