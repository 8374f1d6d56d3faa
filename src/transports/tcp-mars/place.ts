import type { Connection, XmlLimits } from '#core';
import type { BodyInit } from '#protocol/mars';
import type { MarsListener } from './listener.ts';
import type { Responder } from './request.ts';

/** Where a session is: at a connection of its own, or behind the link of a router. */
export interface Place extends Connection, Responder {
  readonly listener: MarsListener;
  readonly heardAt: number;
  readonly xmlLimits: XmlLimits;
  /** Bytes that wait for the peer to read. */
  readonly queued: number;
  push(cmdid: number, body: BodyInit): void;
  /** A push whose body is encoded already. */
  pushEncoded(cmdid: number, body: Uint8Array): void;
  /** 1104 */
  askForAck(): void;
  /** @param ms the deadlines of the session are to be looked at then at the latest */
  wakeIn(ms: number): void;
}
