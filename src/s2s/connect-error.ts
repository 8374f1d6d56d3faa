/** RFC 6120 §8.3.3.16, §8.3.3.17: why there is no stream to another server */
import { StanzaError } from '#core';

/** What is told to the senders of the stanzas that cannot be delivered. */
export type ConnectCondition = 'remote-server-not-found' | 'remote-server-timeout' | 'internal-server-error';

/** How far an attempt came. */
export type ConnectStep = 'dns' | 'connection' | 'tls' | 'certificate' | 'authentication' | 'stream' | 'time';

export interface ConnectErrorOptions {
  readonly isFinal?: boolean;
  /** `stream` unless said otherwise. */
  readonly step?: ConnectStep;
  readonly cause?: unknown;
}

export class ConnectError extends Error {
  override readonly name = 'ConnectError';
  readonly condition: ConnectCondition;
  /** Whether another attempt soon would end alike, so that nothing waits for it. */
  readonly isFinal: boolean;
  readonly step: ConnectStep;

  constructor(condition: ConnectCondition, message: string, more: ConnectErrorOptions = {}) {
    super(message, { cause: more.cause });
    this.condition = condition;
    this.isFinal = more.isFinal ?? false;
    this.step = more.step ?? 'stream';
  }

  /** What a sender is told: no more than is his business. */
  toStanzaError(domain: string): StanzaError {
    const text = this.condition === 'remote-server-not-found' ? 'was not found' : 'could not be reached';
    return new StanzaError(this.condition, `${domain} ${text}`, { cause: this });
  }
}
