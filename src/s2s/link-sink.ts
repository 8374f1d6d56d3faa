import type { Element } from '#core';

/** What a link tells, in order. Nothing comes after `lost`, which comes once. */
export interface LinkSink {
  /** `contentNs` is the default namespace of the header. */
  opened(header: Element, contentNs: string): void;
  element(element: Element): void;
  /** A TLS handshake that we began is done. */
  secured(): void;
  /** The peer closed its stream. */
  closed(): void;
  /** Not congested any more. */
  drained(): void;
  /** The connection is gone; with the reason when it was not closed in order. */
  lost(reason: Error | undefined): void;
}

/** In place of who is not there yet, or no more. */
export const nobody: LinkSink = { opened() {}, element() {}, secured() {}, closed() {}, drained() {}, lost() {} };
