/** A link that carries bytes both ways, for protocols that are not XML: whether it is TCP or a WebSocket does not matter to them */
import type { ChannelBindingType } from '../auth/index.ts';
import type { Peer } from '../session/index.ts';

export interface ByteLink {
  readonly peer: Peer;
  /** Whether there is TLS below. */
  readonly secure: boolean;
  /** Of that TLS, in order of preference. */
  readonly channelBindings: readonly ChannelBindingType[];
  channelBinding(type: ChannelBindingType): Uint8Array | undefined;
  /** Whom the events of the link go to. */
  sink: ByteSink;
  /** Bytes that were written and have not left yet. */
  readonly queued: number;
  write(bytes: Uint8Array): void;
  /** Resolves when what was written before has left this process: true; false when the link broke before. */
  drained(): Promise<boolean>;
  pause(): void;
  resume(): void;
  /** Closes after what was written; the peer still has to close its side. */
  end(): void;
  /** Drops the link as it is. */
  destroy(): void;
}

/** Nothing comes after `lost`, which comes once. */
export interface ByteSink {
  received(bytes: Buffer): void;
  lost(): void;
}
