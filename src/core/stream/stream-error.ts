/** RFC 6120 §4.9: stream errors */
import { type Element, NS_STREAM_ERRORS, NS_STREAMS, ns } from '../xml/index.ts';

export const STREAM_CONDITIONS = [
  'bad-format',
  'bad-namespace-prefix',
  'conflict',
  'connection-timeout',
  'host-gone',
  'host-unknown',
  'improper-addressing',
  'internal-server-error',
  'invalid-from',
  'invalid-namespace',
  'invalid-xml',
  'not-authorized',
  'not-well-formed',
  'policy-violation',
  'remote-connection-failed',
  'reset',
  'resource-constraint',
  'restricted-xml',
  'see-other-host',
  'system-shutdown',
  'undefined-condition',
  'unsupported-encoding',
  'unsupported-feature',
  'unsupported-stanza-type',
  'unsupported-version',
] as const;

export type StreamCondition = (typeof STREAM_CONDITIONS)[number];

const conditions = ns(NS_STREAM_ERRORS);

/** Ends a stream: it is written, then the stream is closed (§4.9.1.1). */
export class StreamError extends Error {
  override readonly name = 'StreamError';
  readonly condition: StreamCondition;
  readonly text: string | undefined;
  readonly application: Element | undefined;

  constructor(condition: StreamCondition, text?: string, more: { application?: Element; cause?: unknown } = {}) {
    super(text === undefined ? condition : `${condition}: ${text}`, { cause: more.cause });
    this.condition = condition;
    this.text = text;
    this.application = more.application;
  }

  toElement(): Element {
    // §4.9.3.19: the address is the text of the condition itself.
    if (this.condition === 'see-other-host') {
      return ns(NS_STREAMS)('error', {}, conditions(this.condition, {}, this.text), this.application);
    }
    return ns(NS_STREAMS)(
      'error',
      {},
      conditions(this.condition),
      this.text === undefined ? undefined : conditions('text', { 'xml:lang': 'en' }, this.text),
      this.application,
    );
  }
}
