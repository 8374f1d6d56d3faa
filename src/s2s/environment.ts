import type { Logger, S2sConfig, TransportHost } from '#core';
import type { CertificatePaths } from './certificate-path.ts';
import type { Channel } from './channel.ts';
import type { Verdict } from './dialback.ts';
import type { DialbackKeys } from './dialback-key.ts';
import type { Meter } from './meter.ts';
import type { Pair } from './pair.ts';
import type { LinkEnvironment } from './server-link.ts';
import type { ServerStream } from './server-stream.ts';
import type { Suspensions } from './suspensions.ts';
import type { TrafficByDomain } from './traffic.ts';

/** PEM texts of the authorities that are believed; undefined are those Node.js brings. */
export interface Authorities {
  readonly all: string | undefined;
  /** By domain. */
  readonly pinned: ReadonlyMap<string, string>;
}

export type S2sCore = Pick<TransportHost, 'router' | 'clock' | 'wheel' | 'log' | 'limits' | 'tls' | 'commit'>;

/** What a stream has of the federation it is part of. */
export interface Environment extends LinkEnvironment {
  readonly core: S2sCore;
  readonly config: S2sConfig;
  readonly authorities: Authorities;
  readonly log: Logger;
  readonly keys: DialbackKeys;
  readonly paths: CertificatePaths;
  readonly suspensions: Suspensions;
  readonly traffic: TrafficByDomain;
  /** Whether the domain is one of ours. */
  isLocal(domain: string): boolean;
  /** Whether there is federation with the domain. */
  isFederated(domain: string): boolean;
  /** Undefined when there are as many domains as there may be. */
  channel(pair: Pair): Channel | undefined;
  meter(remote: string): Meter;
  /** Asks the server of `remote` whether it made a key (XEP-0220 §2.1.2). Never rejects. */
  verify(pair: Pair, streamId: string, key: string): Promise<Verdict>;
  /** An incoming stream has proved its first domain. */
  proved(stream: ServerStream, remote: string): void;
  /** A stream is over. */
  ended(stream: ServerStream): void;
  /** A stream with this domain broke, and nobody has gone on with it at once. */
  broke(remote: string): void;
}
