/** What runs the services that clients call, and how it is reached */
import type { ZodType } from 'zod';
import type { Awaitable } from '../awaitable.ts';
import type { Clock } from '../clock/index.ts';
import type { Jid } from '../jid/index.ts';
import type { Logger } from '../log/index.ts';
import type { RpcAnswer, RpcNotification } from './rpc-service.ts';

/** One attempt to have a call answered. */
export interface RpcRequest {
  readonly service: string;
  readonly method: string;
  readonly body: Uint8Array;
  /** Those of the client, and those of the server, whose names begin with `tharsis-` and nobody else's do. */
  readonly headers: ReadonlyMap<string, string>;
  readonly oneWay: boolean;
  /** What is left for this attempt. */
  readonly timeoutMs: number;
  /** Aborted when nobody waits any more: what is under way is to be given up. */
  readonly signal: AbortSignal;
  /** Largest body of an answer: more is not to be kept in memory. */
  readonly answerBytes: number;
}

/** One of the places where a backend runs its services. */
export interface RpcInstance {
  /** For logs and `rpc backends`, such as its address. */
  readonly name: string;
  /**
   * Resolves with the answer; of a one-way call with whatever, when it is on its way.
   *
   * @throws RpcFault; anything else is taken for a bug
   */
  call(request: RpcRequest): Promise<RpcAnswer>;
}

export interface RpcBackend {
  /** At least one; calls go to the one with the fewest under way. */
  readonly instances: readonly RpcInstance[];
  /** The server stops; nothing is called any more. */
  close?(): Awaitable<void>;
}

/** What a backend has of the server. */
export interface RpcBackendHost {
  readonly clock: Clock;
  readonly log: Logger;
  /** Relative paths in the options are relative to this directory. */
  readonly dir: string;
  /**
   * To the sessions of a user that are there, or to one of them.
   *
   * @returns how many these are
   * @throws StanzaError bad-request, policy-violation, item-not-found: the domain is none of this server
   */
  notify(to: Jid, notification: RpcNotification): number;
}

export interface RpcBackendDefinition<Options> {
  /** The key `kind` of a backend in the configuration. */
  readonly name: string;
  /** An object. */
  readonly config?: ZodType<Options>;
  /** Runs once for each backend of this kind, before the server takes connections. What is not there yet is no reason to throw. */
  create(options: Options, host: RpcBackendHost): Awaitable<RpcBackend>;
}

// biome-ignore lint/suspicious/noExplicitAny: each backend knows its own options
export type AnyRpcBackend = RpcBackendDefinition<any>;

/** Types a kind of backend. */
export function defineRpcBackend<Options = Record<string, never>>(
  definition: RpcBackendDefinition<Options>,
): RpcBackendDefinition<Options> {
  return definition;
}

/** Why an instance gave no answer. Its text is for the log, and no client sees it. */
export class RpcFault extends Error {
  override readonly name = 'RpcFault';
  /**
   * It cannot be reached or says that it cannot work now; it works, and nobody runs this service there; what it answered is no
   * answer; the headers of the call are longer than it takes.
   */
  readonly kind: 'unavailable' | 'unserved' | 'malformed' | 'oversized';

  constructor(kind: RpcFault['kind'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
