/** docs/protocol/rpc.md: calls of clients to services that others run, as transports and modules see them */
import type { Contract } from '../host/contracts.ts';
import type { Jid } from '../jid/index.ts';
import type { ClientSession } from '../session/index.ts';

/** What a client asks. Everything here is as the client wrote it: it is checked by `RpcService.call`. */
export interface RpcCall {
  readonly service: string;
  readonly method: string;
  readonly body: Uint8Array;
  readonly headers: ReadonlyMap<string, string>;
  /** Milliseconds the client waits at most; 0 or absent: as long as the service is given. */
  readonly timeoutMs?: number;
  /** The client wants no answer, and gets an empty one at once. */
  readonly oneWay?: boolean;
  /** By which the call is found in logs; absent or empty: one is made up. */
  readonly trace?: string;
  /** By which the service knows a call that is sent again, after a connection was lost; absent or empty: it cannot. */
  readonly id?: string | undefined;
}

/** What the service said. */
export interface RpcAnswer {
  /** 0: done. Any other 32-bit number is the service's own. */
  readonly code: number;
  /** For people, about a code that is not 0; empty where there is nothing to say. */
  readonly text: string;
  readonly body: Uint8Array;
  readonly headers: ReadonlyMap<string, string>;
}

/** What a service tells users unasked. */
export interface RpcNotification {
  readonly service: string;
  /** Which notification it is, as `method` is which call. */
  readonly type: string;
  readonly body: Uint8Array;
  readonly headers: ReadonlyMap<string, string>;
}

/** Calls of the users of one virtual host. */
export interface RpcService {
  /**
   * @param session who calls: the service is told so, whatever the headers say
   * @throws StanzaError bad-request, forbidden, item-not-found, policy-violation, resource-constraint: it was not called;
   * recipient-unavailable, remote-server-timeout, internal-server-error: it may have been
   */
  call(session: ClientSession, call: RpcCall): Promise<RpcAnswer>;
  /**
   * To the sessions of a user that are there, or to one of them.
   *
   * @returns how many these are
   * @throws StanzaError bad-request, policy-violation
   */
  notify(to: Jid, notification: RpcNotification): number;
}

export const RPC: Contract<RpcService> = { name: 'rpc' };
