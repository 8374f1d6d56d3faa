/** XEP-0198 §3, §5, as the side that is asked */
import { type Awaitable, type Element, whenDone } from '#core';
import type { Environment } from './environment.ts';
import type { ResumableStream } from './resumable-stream.ts';
import type { ServerStream } from './server-stream.ts';
import { count, failed, sm } from './stream-management.ts';

export class ManagementAnswer {
  readonly #stream: ServerStream;
  readonly #environment: Environment;
  readonly #done: () => void;

  /** @param done told when the peer begins with a new stream or goes on with one */
  constructor(stream: ServerStream, environment: Environment, done: () => void) {
    this.#stream = stream;
    this.#environment = environment;
    this.#done = done;
  }

  /** @param element <enable/> or <resume/>, on a stream whose peer is authorised */
  take(element: Element): Awaitable<void> {
    // §3: once, and not before anything may be sent
    if (this.#stream.resumable.management !== undefined) return this.#fail(failed('unexpected-request'));
    return element.name === 'enable' ? this.#enable(element) : this.#resume(element);
  }

  #enable(element: Element): void {
    const { config, suspensions } = this.#environment;
    const { resumable, link } = this.#stream;
    const isWanted = /^(true|1)$/.test(element.attr('resume') ?? '') && config.resume_seconds > 0;
    const id = isWanted ? suspensions.add(resumable) : undefined;
    resumable.manage(id);
    link.send(sm('enabled', id === undefined ? {} : { id, resume: 'true', max: String(config.resume_seconds) }));
    this.#done();
  }

  #resume(element: Element): Awaitable<void> {
    const previd = element.attr('previd') ?? '';
    const handled = count(element);
    if (handled === undefined) return this.#fail(failed('bad-request'));
    const { suspensions, core } = this.#environment;
    const old = suspensions.get(previd);
    if (old === undefined || !this.#isSamePeer(old)) return this.#fail(failed('item-not-found'));
    return whenDone(old.settle(), () => whenDone(core.commit(), () => this.#goOnWith(old, previd, handled)));
  }

  #goOnWith(old: ResumableStream, previd: string, handled: number): void {
    const stream = this.#stream;
    const { management } = old;
    if (stream.isOver) return;
    if (management === undefined || this.#environment.suspensions.get(previd) !== old) {
      return this.#fail(failed('item-not-found'));
    }
    const outcome = management.acknowledge(handled);
    if (outcome === 'unsent') return stream.fail(management.countTooHigh(handled));
    // What it would have to be sent again is not here any more.
    if (outcome === 'stale') return this.#fail(failed('item-not-found', management.handled));
    stream.link.send(sm('resumed', { previd, h: String(management.handled) }));
    stream.goOnWith(old);
    this.#done();
  }

  /** Every domain of the stream before has to be proved on this one. */
  #isSamePeer({ connection, channels }: ResumableStream): boolean {
    const { pair, isBidi, provedDomain } = this.#stream;
    const isSame = connection.pair?.local === pair?.local && connection.provedDomain === provedDomain;
    return (
      isSame && connection.isBidi === isBidi && [...channels].every((channel) => this.#stream.accepts(channel.pair))
    );
  }

  #fail(answer: Element): void {
    this.#stream.link.send(answer);
  }
}
