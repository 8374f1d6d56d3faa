/** A package that wants an answer */
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { type RPCInput, RPCInputSchema, RPCOutputSchema } from '#protocol/goim';
import { BodyError, type Frame, PUSH_SEQ } from '#protocol/mars';
import { Operation } from './operation.ts';

export type Output = Omit<MessageInitShape<typeof RPCOutputSchema>, '$typeName' | '$unknown'>;

/** What a frame says. */
type Package = Pick<Frame, 'version' | 'cmdid' | 'seq' | 'body'>;

/** Where the answer goes. */
export interface Answerer {
  answer(version: number, operation: number, seq: number, body: Uint8Array): void;
}

export class GoimRequest {
  readonly operation: number;
  readonly #frame: Package;
  readonly #answerer: Answerer;

  constructor(answerer: Answerer, frame: Package) {
    this.operation = frame.cmdid;
    this.#frame = frame;
    this.#answerer = answerer;
  }

  /** @throws BodyError */
  input(): RPCInput {
    try {
      return fromBinary(RPCInputSchema, this.#frame.body, { readUnknownFields: false });
    } catch (cause) {
      throw new BodyError('the body is no RPCInput', { cause });
    }
  }

  answer(output: Output): void {
    this.answerBytes(toBinary(RPCOutputSchema, create(RPCOutputSchema, output)));
  }

  answerBytes(body: Uint8Array): void {
    const { version, seq } = this.#frame;
    // The answer to a call would be taken for a push.
    if (seq === PUSH_SEQ && this.operation === Operation.call) return;
    this.#answerer.answer(version, this.operation + 1, seq, body);
  }
}
