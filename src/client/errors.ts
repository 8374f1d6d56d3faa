import type { Body, Error as WireError } from '#protocol/mars';

/** The server refused: RFC 6120 §8.3. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  /** cancel, continue, modify, auth or wait */
  readonly type: string;
  /** Such as item-not-found. */
  readonly condition: string;
  /** With type wait: not before so many milliseconds; 0 when the server says nothing of it. */
  readonly retryAfterMs: number;
  readonly details: WireError;
  /** The whole answer; undefined where the refusal came as something else. */
  readonly answer: Body | undefined;

  constructor(details: WireError, answer?: Body) {
    super(details.text === '' ? details.condition : `${details.condition}: ${details.text}`);
    this.type = details.type;
    this.condition = details.condition;
    this.retryAfterMs = details.retryAfterMs;
    this.details = details;
    this.answer = answer;
  }
}

/** There is no connection, or no more. What was asked may have been done. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

/** No answer in time. What was asked may have been done. */
export class RequestTimeout extends Error {
  override readonly name = 'RequestTimeout';
}

/** The server cannot be who it says, or cannot be spoken to: another key, a wrong signature, bytes that are no frames. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/** The client was closed, by its owner or by the server for good. */
export class ClosedError extends Error {
  override readonly name = 'ClosedError';
}
