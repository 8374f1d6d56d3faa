/** A stream with a bound resource: feeds the session, and notices when the peer has fallen silent */
import type { Clock, Deadline, Wheel } from '../clock/index.ts';
import type { Limits } from '../config/index.ts';
import type { ClientSession } from '../session/index.ts';
import { iq } from '../stanza/index.ts';
import { type Element, ns } from '../xml/index.ts';
import type { StreamSink, XmlLink } from './link.ts';
import { StreamError } from './stream-error.ts';

const ping = ns('urn:xmpp:ping')('ping');

export interface StreamEnvironment {
  readonly clock: Clock;
  readonly wheel: Wheel;
  readonly limits: Limits;
}

export class BoundStream implements StreamSink, Deadline {
  readonly #session: ClientSession;
  readonly #link: XmlLink;
  readonly #environment: StreamEnvironment;
  readonly #leave: (() => void) | undefined;
  #pingedAt = 0;

  /** @param leave called when the link is gone, after the session has ended */
  constructor(session: ClientSession, link: XmlLink, environment: StreamEnvironment, leave?: () => void) {
    this.#leave = leave;
    this.#session = session;
    this.#link = link;
    this.#environment = environment;
    environment.wheel.add(this, environment.limits.idle_seconds * 1000);
  }

  /** Whether the session is still at this link: a session that is resumed goes to another. */
  get #isCurrent(): boolean {
    return this.#session.connection === this.#link;
  }

  opened(): void {
    if (!this.#isCurrent) return;
    this.#session.close(new StreamError('bad-format', 'a stream cannot be opened inside a stream'));
  }

  element(element: Element): void {
    if (this.#isCurrent) this.#session.receive(element);
  }

  closed(): void {
    if (this.#isCurrent) this.#session.finish();
  }

  disconnected(): void {
    this.#environment.wheel.remove(this);
    this.#session.disconnected(this.#link);
    this.#leave?.();
  }

  /** After idle_seconds of silence a ping (XEP-0199 §4.1); ping_seconds later without a byte, the end (RFC 6120 §4.6.4). */
  due(now: number): number {
    const { limits } = this.#environment;
    if (this.#session.ended || !this.#isCurrent) return 0;
    const { heardAt } = this.#link;
    const left = heardAt + limits.idle_seconds * 1000 - now;
    if (left > 0) return left;
    if (this.#pingedAt <= heardAt) {
      this.#pingedAt = now;
      const { host, jid } = this.#session;
      this.#session.deliver(iq({ type: 'get', id: `ping-${now}`, from: host.domain, to: jid }, ping));
      return limits.ping_seconds * 1000;
    }
    const patience = this.#pingedAt + limits.ping_seconds * 1000 - now;
    if (patience > 0) return patience;
    this.#session.abandon(new StreamError('connection-timeout', 'no answer to a ping'));
    return 0;
  }
}
