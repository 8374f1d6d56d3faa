/** XEP-0198 §5: the incoming streams that can be resumed, by the id their peers were told */
import { randomBytes } from 'node:crypto';
import type { ServerStream } from './server-stream.ts';

export class Suspensions {
  readonly #streams = new Map<string, ServerStream>();

  /** Not guessable, and never given twice. */
  newId(): string {
    return randomBytes(18).toString('base64url');
  }

  get(id: string): ServerStream | undefined {
    return this.#streams.get(id);
  }

  set(id: string, stream: ServerStream): void {
    this.#streams.set(id, stream);
  }

  /** Unless another stream has resumed it. */
  delete(id: string, stream: ServerStream): void {
    if (this.#streams.get(id) === stream) this.#streams.delete(id);
  }
}
