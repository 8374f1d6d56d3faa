/** XEP-0198 §3, §5, as the side that asks: a stream is resumed, or management of a new one begins, before stanzas are sent on it */
import type { Element } from '#core';
import type { ResumableStream } from './resumable-stream.ts';
import type { ServerLink } from './server-link.ts';
import type { ServerStream } from './server-stream.ts';
import { count, sm } from './stream-management.ts';
import type { Trace } from './trace.ts';

export interface RequestOptions {
  readonly isResumable: boolean;
  /** What is resumed, if it can be. */
  readonly resumes: ResumableStream | undefined;
  readonly trace: Trace;
}

export class ManagementRequest {
  readonly #stream: ServerStream;
  readonly #link: ServerLink;
  readonly #options: RequestOptions;
  readonly #done: () => void;
  #awaits: 'resumed' | 'enabled' | undefined;

  /** @param done told when stanzas can be sent, with management or without */
  constructor(stream: ServerStream, options: RequestOptions, done: () => void) {
    this.#stream = stream;
    this.#link = stream.link;
    this.#options = options;
    this.#done = done;
  }

  begin(): void {
    const { resumes } = this.#options;
    const management = resumes?.management;
    if (management?.id === undefined || !resumes?.isLost) return this.#enable();
    this.#options.trace.note('going on with the stream before (XEP-0198)');
    this.#awaits = 'resumed';
    this.#link.send(sm('resume', { previd: management.id, h: String(management.handled) }));
  }

  /**
   * What is sent now could be resumed only after the answer, so that it waits for that: a connection that is lost before has carried
   * no stanza.
   */
  #enable(): void {
    this.#awaits = 'enabled';
    this.#link.send(sm('enable', this.#options.isResumable ? { resume: 'true' } : {}));
  }

  /** False when that was not asked for. */
  take(element: Element): boolean {
    const awaits = this.#awaits;
    this.#awaits = undefined;
    switch (`${awaits} ${element.name}`) {
      case 'enabled enabled':
        this.#stream.resumable.manage(/^(true|1)$/.test(element.attr('resume') ?? '') ? element.attr('id') : undefined);
        break;
      case 'enabled failed':
        break;
      case 'resumed resumed':
        return this.#resumed(element);
      case 'resumed failed':
        this.#notResumed(count(element));
        this.#enable();
        return true;
      default:
        return false;
    }
    this.#done();
    return true;
  }

  #resumed(element: Element): boolean {
    const { resumes, trace } = this.#options;
    const management = resumes?.management;
    const handled = count(element);
    if (resumes === undefined || management === undefined || handled === undefined) return false;
    if (!resumes.isLost) {
      trace.note('it goes on with it, too late');
      this.#stream.fail();
    } else if (management.acknowledge(handled) !== 'done') {
      this.#stream.fail(management.countTooHigh(handled));
    } else {
      trace.note('it goes on with it');
      this.#stream.goOnWith(resumes);
      this.#done();
    }
    return true;
  }

  /** §5: a number tells what has arrived, and so what has not. */
  #notResumed(handled: number | undefined): void {
    const { resumes, trace } = this.#options;
    trace.note('it does not know that stream any more: beginning a new one');
    const isCertain = handled !== undefined && resumes?.management?.acknowledge(handled) === 'done';
    resumes?.release(isCertain);
  }
}
