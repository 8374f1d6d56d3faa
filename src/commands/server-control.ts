import type { ApiTokens, Clock, CommandRegistry, ConfigChange, Router } from '#core';
import type { Federation } from '../s2s/index.ts';

export interface ListenerStatus {
  readonly transport: string;
  readonly address: string;
  /** The real one, also where the configuration says 0. */
  readonly port: number;
  /** As configured; undefined where the configuration of the listener says nothing of TLS. */
  readonly tls?: string | undefined;
  /** In base64, where clients have to know it beforehand. */
  readonly publicKey?: string | undefined;
}

export interface ServerStatus {
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly uptimeSeconds: number;
  readonly listeners: readonly ListenerStatus[];
}

/** What the commands need of a server. */
export interface ServerControl {
  readonly router: Router;
  /** Undefined when it is off. */
  readonly federation?: Federation | undefined;
  readonly clock: Clock;
  /** All of them, of modules too. */
  readonly commands: CommandRegistry;
  /** Of the HTTP API. */
  readonly tokens: ApiTokens;
  /** Aborted when the server begins to stop, by whatever cause. */
  readonly stopping: AbortSignal;
  status(): ServerStatus;
  /**
   * Reads the configuration and the certificates again and applies what is live.
   * @throws ConfigError, and everything stays as it was
   */
  reload(): Promise<readonly ConfigChange[]>;
  /** Resolves when everything is closed; a second call gets the same promise. */
  stop(): Promise<void>;
}
