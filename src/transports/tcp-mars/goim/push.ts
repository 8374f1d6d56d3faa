/** What connections are sent unasked: one frame for all whose client has the same version */
import { encodeFrame, HEADER_BYTES, PUSH_SEQ } from '#protocol/mars';
import { MAX_PACKAGE_BYTES } from './operation.ts';

/** The clients would not take it. */
export class PushTooLong extends Error {
  override readonly name = 'PushTooLong';
}

export class Push {
  readonly #operation: number;
  readonly #body: Uint8Array;
  readonly #frames = new Map<number, Uint8Array>();

  /** @param body a ServerPush. @throws PushTooLong */
  constructor(operation: number, body: Uint8Array) {
    const bytes = HEADER_BYTES + body.length;
    if (bytes > MAX_PACKAGE_BYTES) {
      throw new PushTooLong(`the package has ${bytes} bytes, more than ${MAX_PACKAGE_BYTES}`);
    }
    this.#operation = operation;
    this.#body = body;
  }

  frame(version: number): Uint8Array {
    let frame = this.#frames.get(version);
    if (frame === undefined) {
      frame = encodeFrame(version, this.#operation, PUSH_SEQ, this.#body);
      this.#frames.set(version, frame);
    }
    return frame;
  }
}
