/** What a transport that carries XML streams gives, and what it feeds (RFC 6120 §4, RFC 7395) */
import type { ChannelBindingType } from '../auth/index.ts';
import type { Limits } from '../config/index.ts';
import type { Connection } from '../session/index.ts';
import type { Element, XmlLimits } from '../xml/index.ts';

/** The attributes of the header the server answers with (RFC 6120 §4.7). */
export interface StreamHeader {
  readonly from: string;
  readonly to?: string | undefined;
  readonly id: string;
  readonly lang: string;
}

export interface XmlLink extends Connection {
  /** What the listener says of STARTTLS on this link as long as it is not secure. */
  readonly startTls: 'required' | 'optional' | 'off';
  /** In order of preference; empty without TLS. */
  readonly channelBindings: readonly ChannelBindingType[];
  channelBinding(type: ChannelBindingType): Uint8Array | undefined;
  /** JIDs of a client certificate that was verified. */
  readonly certificateJids: readonly string[] | undefined;
  /** When anything last came, white space included; ms since 1970. */
  readonly heardAt: number;
  /** Whom the events of the link go to. */
  sink: StreamSink;
  open(header: StreamHeader): void;
  /** Queues an element that is not a stanza. */
  send(nonza: Element): void;
  /** Leaves for TLS: queued bytes go first, bytes received since are dropped; then a new stream is awaited. */
  secureNow(serverName: string): void;
  /** Awaits a new stream header on the same link, after SASL. */
  restart(): void;
  /** The limits of an authenticated client hold from now on. */
  trust(): void;
}

/** What a link tells, in order. Nothing comes after `disconnected`, which comes once. */
export interface StreamSink {
  /** A stream header: name and namespace are those of the root; `contentNs` is the default namespace. */
  opened(header: Element, contentNs: string): void;
  element(element: Element): void;
  /** The peer closed its stream: the sink closes the link when it is done with what came before. */
  closed(): void;
  /** The link is gone. */
  disconnected(): void;
}

/** The sink of a link that nobody listens to any more. */
export const endedSink: StreamSink = { opened() {}, element() {}, closed() {}, disconnected() {} };

/** What a client may send on a link, less as long as nobody knows who it is. */
export function xmlLimits(limits: Limits, stage: 'before login' | 'logged in'): XmlLimits {
  const { stanza_bytes, stanza_bytes_before_login, depth, attributes, children } = limits;
  return {
    stanzaBytes: stage === 'before login' ? stanza_bytes_before_login : stanza_bytes,
    depth,
    attributes,
    children,
  };
}
