import type { BackOffOptions } from './back-off.ts';
import { type Clock, systemClock } from './clock.ts';
import type { KeeperOptions } from './keeper.ts';
import type { Platform } from './link.ts';
import type { Credentials, RouterSecret } from './mechanisms.ts';
import { fromBase64 } from './scram.ts';

export interface ClientOptions {
  /**
   * Where to connect, one after the other until one lets us in: `tcp://host:port`, `tls://host:port` (not in browsers),
   * `ws://host:port/xmpp-websocket`, `wss://host:port/xmpp-websocket`.
   */
  readonly servers: readonly string[];
  /** The virtual host. */
  readonly domain: string;
  readonly credentials: Credentials;
  /** The public key of the server, 32 bytes or their Base64: what is not encrypted by TLS is encrypted for it. */
  readonly serverKey?: Uint8Array | string | undefined;
  /** Default: the server chooses. */
  readonly resource?: string | undefined;
  /** The same at each start of the program on this device. */
  readonly deviceId?: string | undefined;
  /** Name and version of the program. */
  readonly program?: string | undefined;
  /** The client version in the header of frames. Default: 200. */
  readonly version?: number | undefined;
  /** A heartbeat is sent when nothing else was for so long, or nothing came. Default: 60,000; a server may ask for less. */
  readonly heartbeatMs?: number | undefined;
  /** How long an answer may take. Default: 15,000. */
  readonly requestMs?: number | undefined;
  /** How long a connection may take to come about. Default: 10,000. */
  readonly connectMs?: number | undefined;
  /** Between attempts to come back. Default: 1,000 to 60,000, doubled each time, with jitter. */
  readonly backOff?: BackOffOptions | undefined;
  /** Tests set it. */
  readonly clock?: Clock | undefined;
}

type OptionsFor<C> = Omit<ClientOptions, 'credentials'> & { readonly credentials: C };

/** @throws TypeError for what cannot be */
export function keeperOptions(options: OptionsFor<Credentials | RouterSecret>, platform: Platform): KeeperOptions {
  if (options.servers.length === 0) throw new TypeError('servers: there has to be one');
  const timeoutMs = options.requestMs ?? 15_000;
  return {
    platform,
    servers: options.servers.map((server) => new URL(server)),
    domain: options.domain,
    credentials: options.credentials,
    serverKey: keyOf(options.serverKey),
    resource: options.resource ?? '',
    deviceId: options.deviceId ?? '',
    program: options.program ?? '',
    version: options.version ?? 200,
    heartbeatMs: options.heartbeatMs ?? 60_000,
    timeoutMs,
    connectMs: options.connectMs ?? 10_000,
    mostRequests: 1_000,
    backOff: options.backOff ?? { minMs: 1_000, maxMs: 60_000 },
    clock: options.clock ?? systemClock,
  };
}

function keyOf(key: Uint8Array | string | undefined): Uint8Array | undefined {
  const bytes = typeof key === 'string' ? fromBase64(key) : key;
  if (bytes !== undefined && bytes.length !== 32) throw new TypeError('serverKey: 32 bytes, or their Base64');
  return bytes;
}
