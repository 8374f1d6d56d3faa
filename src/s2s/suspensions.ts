/** XEP-0198 §5: the incoming streams that can be resumed, by the id their peers were told */
import { randomBytes } from 'node:crypto';
import type { ResumableStream } from './resumable-stream.ts';

export class Suspensions {
  readonly #streams = new Map<string, ResumableStream>();

  /** Gives its id, which is not guessable and never given twice. */
  add(stream: ResumableStream): string {
    const id = randomBytes(18).toString('base64url');
    this.#streams.set(id, stream);
    return id;
  }

  get(id: string): ResumableStream | undefined {
    return this.#streams.get(id);
  }

  /** Nobody can resume it any more. */
  delete(id: string): void {
    this.#streams.delete(id);
  }
}
