/** RFC 6120 §8.3.3.16, §8.3.3.17: why there is no stream to another server */
import { StanzaError } from '#core';

/** What is told to the senders of the stanzas that cannot be delivered. */
export type ConnectCondition = 'remote-server-not-found' | 'remote-server-timeout' | 'internal-server-error';

export class ConnectError extends Error {
  override readonly name = 'ConnectError';
  readonly condition: ConnectCondition;
  /** Whether another attempt soon would end alike, so that nothing waits for it. */
  readonly isFinal: boolean;

  constructor(condition: ConnectCondition, message: string, more: { isFinal?: boolean; cause?: unknown } = {}) {
    super(message, { cause: more.cause });
    this.condition = condition;
    this.isFinal = more.isFinal ?? false;
  }

  /** What a sender is told: no more than is his business. */
  toStanzaError(domain: string): StanzaError {
    const text = this.condition === 'remote-server-not-found' ? 'was not found' : 'could not be reached';
    return new StanzaError(this.condition, `${domain} ${text}`, { cause: this });
  }
}
