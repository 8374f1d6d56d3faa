/** RFC 6120 §4.9.3: why a stream's XML was refused. */

export type XmlErrorCondition =
  | 'bad-format' // §4.9.3.1: text where only stanzas may be
  | 'bad-namespace-prefix' // §4.9.3.2: for whoever judges the stream header; the parser itself never says it
  | 'invalid-xml' // §4.9.3.11: likewise
  | 'not-well-formed' // §4.9.3.13: against XML 1.0 or Namespaces in XML 1.0
  | 'policy-violation' // §4.9.3.14: a limit was exceeded
  | 'restricted-xml' // §4.9.3.18: comment, processing instruction, DTD, entity
  | 'unsupported-encoding'; // §4.9.3.22: not UTF-8, or broken UTF-8

/** The input is refused; `condition` is the stream error to close with. */
export class XmlError extends Error {
  readonly condition: XmlErrorCondition;

  constructor(condition: XmlErrorCondition, message: string) {
    super(message);
    this.name = 'XmlError';
    this.condition = condition;
  }
}

/** What one peer may make us hold in memory; exceeding it is a policy violation. */
export interface XmlLimits {
  /** Bytes of one child of the stream, or of the stream header; enforced while it is still incomplete. */
  readonly stanzaBytes: number;
  /** Levels of elements; a stanza without payload has one. */
  readonly depth: number;
  /** Attributes of one element, namespace declarations included. */
  readonly attributes: number;
  /** Children of one element: elements and runs of text. */
  readonly children: number;
}
