/** RFC 6120 §4.9: why another server ended a stream */
import { type Element, NS_STREAM_ERRORS } from '#core';

export interface PeerError {
  readonly condition: string;
  readonly text: string | undefined;
}

/** §4.9.2 */
export function peerErrorIn(element: Element): PeerError {
  const condition = element.elements(undefined).find((child) => child.ns === NS_STREAM_ERRORS && child.name !== 'text');
  return { condition: condition?.name ?? 'undefined-condition', text: element.childText('text', NS_STREAM_ERRORS) };
}
