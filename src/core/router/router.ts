/** RFC 6120 §10, RFC 6121 §8: the way of a stanza through the server */
import { type Awaitable, isPromise, whenDone } from '../awaitable.ts';
import type { VirtualHost } from '../host/virtual-host.ts';
import type { Jid } from '../jid/index.ts';
import type { Logger } from '../log/index.ts';
import type { ClientSession, Handed, StanzaOutcome } from '../session/index.ts';
import { Iq, Message, type Stanza, StanzaError } from '../stanza/index.ts';
import { deliver } from './delivery.ts';
import type { IqAnswer, IqContext } from './iq-table.ts';
import { redeliver } from './redelivery.ts';
import type { RemoteRoute } from './remote.ts';

export class Router {
  /** Where stanzas for other domains go; without it there is no federation. */
  remote: RemoteRoute | undefined;
  readonly #hosts = new Map<string, VirtualHost>();
  #routed = 0;
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** How many stanzas were brought to a domain since the start. */
  get routed(): number {
    return this.#routed;
  }

  get hosts(): IterableIterator<VirtualHost> {
    return this.#hosts.values();
  }

  host(domain: string): VirtualHost | undefined {
    return this.#hosts.get(domain);
  }

  /** The host whose accounts log in at this domain. */
  usersHost(domain: string): VirtualHost | undefined {
    const host = this.#hosts.get(domain);
    return host?.isService ? undefined : host;
  }

  add(host: VirtualHost): void {
    this.#hosts.set(host.domain.domain, host);
  }

  /**
   * A bound client sent a stanza; it is shaped and stamped. Never throws or rejects.
   *
   * @param outcome told what becomes of it, instead of an error stanza
   */
  sent(session: ClientSession, stanza: Stanza, outcome?: StanzaOutcome): void | Promise<void> {
    const work = (): Awaitable<void> => this.#accept(session, stanza, outcome);
    return outcome === undefined ? this.#guarded(stanza, work) : this.#told(stanza, work, outcome);
  }

  #accept(session: ClientSession, stanza: Stanza, outcome: StanzaOutcome | undefined): Awaitable<void> {
    const { hooks } = session.host;
    if (!hooks.has('client:sent')) return this.#leave(session, stanza, outcome);
    const event = { session, stanza };
    return whenDone(hooks.run('client:sent', event), (fate) => {
      if (fate === 'passed') return this.#leave(session, event.stanza, outcome);
    });
  }

  #leave(session: ClientSession, stanza: Stanza, outcome: StanzaOutcome | undefined): Awaitable<void> {
    const { hooks } = session.host;
    if (!(stanza instanceof Message && hooks.has('message:sent'))) return this.#toDomain(stanza);
    const event = { session, stanza };
    return whenDone(hooks.run('message:sent', event), (fate) => {
      outcome?.copied(event.stanza);
      if (fate === 'passed') return this.#toDomain(stanza);
    });
  }

  /**
   * Brings a stanza to where it is addressed, whatever its origin; `from` is already trusted. Errors on the way become
   * error replies to `from`. Never throws or rejects.
   */
  route(stanza: Stanza): void | Promise<void> {
    return this.#guarded(stanza, () => this.#toDomain(stanza));
  }

  /** What a session was handed before it ended, and its client may not have: one after the other. Never throws or rejects. */
  returned(session: ClientSession, handed: Iterable<Handed>): void | Promise<void> {
    let before: Promise<void> | undefined;
    for (const one of handed) {
      const next = (): void | Promise<void> => this.#guarded(one.stanza, () => redeliver(session, one));
      const done = before === undefined ? next() : before.then(next);
      if (isPromise(done)) before = done;
    }
    return before;
  }

  /** Answers a stanza with an error, unless it is itself an answer (RFC 6120 §8.3.1). Never throws or rejects. */
  refuse(stanza: Stanza, error: unknown): void | Promise<void> {
    const refusal = this.#refusal(stanza, error);
    if (stanza.type === 'error' || stanza.type === 'result' || stanza.from === undefined) return;
    const reply = stanza.errorReply(refusal);
    // A stanza without `to` was for the sender's own account (§10.3): its answer comes from there.
    return this.route(reply.from === undefined ? reply.with({ from: stanza.from.bare() }) : reply);
  }

  /** What is not a StanzaError is a bug of ours. */
  #refusal(stanza: Stanza, error: unknown): StanzaError {
    if (error instanceof StanzaError) return error;
    const at = { err: error, stanza: stanza.name, id: stanza.id, from: stanza.from?.toString() };
    this.#log.error(at, 'a stanza handler failed');
    return new StanzaError('internal-server-error');
  }

  #told(stanza: Stanza, work: () => Awaitable<void>, outcome: StanzaOutcome): void | Promise<void> {
    const refused = (error: unknown): void => outcome.refused(this.#refusal(stanza, error));
    try {
      const done = work();
      if (isPromise(done)) return done.then(() => outcome.taken(), refused);
    } catch (error) {
      return refused(error);
    }
    outcome.taken();
  }

  #guarded(stanza: Stanza, work: () => Awaitable<void>): void | Promise<void> {
    try {
      const done = work();
      if (isPromise(done)) return done.catch((error: unknown) => this.refuse(stanza, error));
    } catch (error) {
      return this.refuse(stanza, error);
    }
  }

  #toDomain(stanza: Stanza): Awaitable<void> {
    // RFC 6120 §10.3: no `to` is the sender's own bare JID.
    const to = stanza.to ?? stanza.from?.bare();
    if (to === undefined) return;
    this.#routed++;
    const host = this.#hosts.get(to.domain);
    if (host === undefined) return this.#toOtherServer(to, stanza);
    if (!host.hooks.has('host:arrived')) return this.#arrived(host, to, stanza);
    const event = { stanza };
    return whenDone(host.hooks.run('host:arrived', event), (outcome) => {
      if (outcome === 'passed') return this.#arrived(host, event.stanza.to ?? to, event.stanza);
    });
  }

  /** RFC 6120 §10.4. Only what one of our domains sends leaves: another server must not pass stanzas on through this one. */
  #toOtherServer(to: Jid, stanza: Stanza): Awaitable<void> {
    if (this.remote === undefined || !this.#hosts.has(stanza.from?.domain ?? '')) {
      // §8.3.3.16
      throw new StanzaError('remote-server-not-found', `${to.domain} is not served here`);
    }
    return this.remote.send(stanza);
  }

  #arrived(host: VirtualHost, to: Jid, stanza: Stanza): Awaitable<void> {
    if (stanza instanceof Iq && (to.isBare || to.local === '')) return this.#iq(host, to, stanza);
    if (to.local !== '') return deliver(host, to, stanza);
    // RFC 6121 §8.4 (presence, iq) and §8.3: nobody lives at the domain itself; presence to it is ignored.
    if (stanza instanceof Message && stanza.type !== 'error') throw new StanzaError('service-unavailable');
  }

  /** RFC 6121 §8.4, §8.5.1: an IQ the server answers itself, for the host or on behalf of an account. */
  #iq(host: VirtualHost, to: Jid, iq: Iq): Awaitable<void> {
    if (iq.type === 'result' || iq.type === 'error') {
      host.replies.settle(iq);
      return;
    }
    if (to.local === '') {
      // A resource of the domain is no address of ours.
      const answer = to.isBare ? host.iqs.find(iq, 'host') : undefined;
      if (answer === undefined) throw new StanzaError('service-unavailable');
      return this.#answer(host, iq, { target: 'host', user: undefined }, answer);
    }
    const isOwner = iq.from?.local === to.local && iq.from.domain === to.domain;
    const own = host.iqs.find(iq, 'self');
    if (own !== undefined) {
      if (!isOwner) throw new StanzaError('forbidden');
      return this.#answer(host, iq, { target: 'self', user: to }, own);
    }
    const answer = host.iqs.find(iq, 'account');
    if (answer === undefined) throw new StanzaError('service-unavailable');
    return this.#answer(host, iq, { target: 'account', user: to }, answer);
  }

  #answer(host: VirtualHost, iq: Iq, at: Pick<IqContext, 'target' | 'user'>, answer: IqAnswer): Awaitable<void> {
    const done = whenDone(answer(iq, { ...at, address: undefined }), (payload) => {
      const result = iq.result(payload ?? undefined);
      return this.route(result.from === undefined ? result.with({ from: iq.from?.bare() }) : result);
    });
    if (!isPromise(done) || !host.iqs.isSlow(answer)) return done;
    done.catch((error: unknown) => this.refuse(iq, error));
  }
}
