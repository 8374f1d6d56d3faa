/** What a transport is: it turns sockets into connections, and knows no feature of the server */
import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { ZodType } from 'zod';
import type { LoginAdmission, LoginLimiter } from '../auth/index.ts';
import type { Awaitable } from '../awaitable.ts';
import type { Clock, Wheel } from '../clock/index.ts';
import type { Limits } from '../config/index.ts';
import type { Logger } from '../log/index.ts';
import type { Router } from '../router/index.ts';
import type { Admission } from './admission.ts';
import type { HttpFace } from './http-face.ts';
import type { OpenConnections } from './open-connections.ts';
import type { SubProtocols } from './sub-protocols.ts';

export interface Transport<Config> {
  /** The key `transport` of a listener in the configuration, and the folder name. */
  readonly name: string;
  readonly config: ZodType<Config>;
  /** Opens one listener. Rejects when it cannot, for instance because the port is taken. */
  listen(core: TransportHost, config: Config): Promise<Listener>;
}

// biome-ignore lint/suspicious/noExplicitAny: each transport knows its own configuration
export type AnyTransport = Transport<any>;

export function defineTransport<Config>(transport: Transport<Config>): Transport<Config> {
  return transport;
}

export interface Listener {
  readonly address: string;
  /** The real one, also where the configuration says 0. */
  readonly port: number;
  /** In base64, of a listener that encrypts with a key which clients have to know beforehand. */
  readonly publicKey?: string | undefined;
  /** No new connections from now on; those there stay. */
  stop(): Awaitable<void>;
}

/** The certificates of the server, replaced as a whole on reload. */
export interface TlsContexts {
  /** For a server name from SNI or a stream header; the first host's for one that is not known. */
  context(serverName: string | undefined): SecureContext;
  /**
   * For streams with other servers, on either side: shows the same certificate.
   *
   * @param authorities those that are believed, in PEM; undefined: those Node.js brings
   */
  peerContext(authorities: string | undefined): SecureContext;
  /** Whether clients are asked for certificates: there are authorities to check them against. */
  readonly requestsClientCertificates: boolean;
}

/** Takes connections of other servers (RFC 6120 §4). */
export interface ServerDoor {
  /** @param tls whether TLS begins with the first byte (XEP-0368) */
  enter(socket: Socket, tls: 'starttls' | 'direct'): void;
}

/** Keys that outlive the process. */
export interface Secrets {
  /** 32 random bytes, the same at every start with the same data directory. @param name of lower-case letters and hyphens */
  get(name: string): Uint8Array;
}

/** What a transport has of the server. */
export interface TransportHost {
  readonly router: Router;
  readonly limits: Limits;
  readonly tls: TlsContexts;
  readonly http: HttpFace;
  readonly clock: Clock;
  /** One timer for the deadlines of all connections. */
  readonly wheel: Wheel;
  readonly log: Logger;
  readonly admission: Admission;
  readonly logins: LoginAdmission;
  /** Undefined without federation. */
  readonly servers?: ServerDoor | undefined;
  readonly failedLogins: LoginLimiter;
  readonly secrets: Secrets;
  /** What WebSockets carry besides XMPP. */
  readonly subProtocols: SubProtocols;
  /** A transport adds every connection it opens, and deletes it when its socket is closed. */
  readonly connections: OpenConnections;
  /** Commits what is stored and not committed yet: a transport does that before it writes to clients. */
  commit(): Awaitable<void>;
}
