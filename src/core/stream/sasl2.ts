/** XEP-0388: Extensible SASL Profile, a login with all that belongs to it in one go */
import { SaslError } from '../auth/index.ts';
import type { Resumption, VirtualHost } from '../host/index.ts';
import type { Jid } from '../jid/index.ts';
import type { UserAgent } from '../session/index.ts';
import { type Element, NS_SASL, ns } from '../xml/index.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { bind2, bind2Offer, NS_BIND2 } from './bind2.ts';
import { fastOffer, renewToken, tokenLogin } from './fast.ts';
import type { Negotiation } from './negotiation.ts';
import type { SaslAttempts, SaslProfile, SaslRequest, SaslSuccess } from './sasl-attempts.ts';
import { type UpgradeTask, upgradeOffers, upgradeTasks } from './scram-upgrade.ts';
import { StreamError } from './stream-error.ts';
import { userAgentIn } from './user-agent.ts';

export const NS_SASL2 = 'urn:xmpp:sasl:2';
const sasl = ns(NS_SASL2);
const condition = ns(NS_SASL);

export class Sasl2 implements SaslProfile {
  readonly #negotiation: Negotiation;
  readonly #host: VirtualHost;
  readonly #attempts: SaslAttempts;
  /** The <authenticate/> that is being worked on. */
  #request: Element | undefined;
  #userAgent: UserAgent | undefined;
  /** §2.6.3: what is to be done yet by a user who is known. */
  #tasks: { readonly user: Jid; readonly queue: UpgradeTask[]; isBegun: boolean } | undefined;
  /** §4.8: nobody authenticates twice. */
  #isAuthenticated = false;
  /** Of the tokens, when it began. */
  #generation = 0;

  constructor(negotiation: Negotiation, host: VirtualHost, attempts: SaslAttempts) {
    this.#negotiation = negotiation;
    this.#host = host;
    this.#attempts = attempts;
  }

  /** Nothing but elements of this profile may come. */
  get isRunning(): boolean {
    return this.#request !== undefined;
  }

  /** §2.1; none where TLS can still be negotiated (§3: it comes first), or this link gets no mechanism at all. */
  feature(): Element | undefined {
    const { fast } = this.#host;
    const names = this.#attempts.offered().map(({ name }) => name);
    if (names.length === 0 || !this.#isPossible) return undefined;
    const mechanisms = names.map((name) => sasl('mechanism', {}, name));
    const resumes = [...this.#host.inline.resumes.values()].map(({ offer }) => offer);
    const tokens = fast && fastOffer(fast.mechanisms, this.#attempts.context);
    const inline = sasl('inline', {}, bind2Offer(this.#host), tokens, resumes);
    return sasl('authentication', {}, mechanisms, inline, this.#mayUpgrade ? upgradeOffers(names) : []);
  }

  get #isPossible(): boolean {
    const { secure, startTls } = this.#negotiation.link;
    return secure || startTls === 'off';
  }

  /** @throws SaslError; StreamError policy-violation: a login is running, and this does not belong to it (§2.4) */
  read(element: Element): SaslRequest {
    switch (element.name) {
      case 'authenticate': {
        if (this.#request !== undefined || this.#isAuthenticated)
          throw new StreamError('policy-violation', 'a login has begun already');
        if (!this.#isPossible) throw new SaslError('encryption-required');
        this.#userAgent = userAgentIn(element);
        const initial = element.childText('initial-response');
        const data = initial === undefined ? undefined : decode(initial);
        const token = tokenLogin(element, this.#userAgent);
        this.#request = element;
        this.#generation = this.#host.fast?.tokens.generation ?? 0;
        return { mechanism: element.attr('mechanism'), initial: data, token };
      }
      case 'response':
        return { response: decode(element.text()) };
      case 'abort':
        return 'abort';
      case 'next':
        return { task: () => this.#beginTask(element) };
      case 'task-data':
        return { task: () => this.#finishTask(element) };
      default:
        throw new StreamError('policy-violation', `${element.name} is out of place`);
    }
  }

  challenge(data: Uint8Array): Element {
    return sasl('challenge', {}, encodeBase64(data));
  }

  failure(error: SaslError): Element {
    this.#request = undefined;
    this.#tasks = undefined;
    return sasl(
      'failure',
      {},
      condition(error.condition),
      error.text && sasl('text', {}, error.text),
      error.application,
    );
  }

  /** XEP-0480: only where a password could be sent as well, since what is sent is as good as one. */
  get #mayUpgrade(): boolean {
    const { secure } = this.#negotiation.link;
    return this.#host.accounts.scramUpgrade !== undefined && (secure || this.#attempts.isOffered('PLAIN'));
  }

  async succeeded({ username, data, temporary }: SaslSuccess, mechanism: string): Promise<void> {
    const user = this.#host.userJid(username);
    const leave = temporary ? () => this.#host.deleteTemporary(username) : undefined;
    try {
      const { from } = this.#negotiation;
      if (!temporary && from !== undefined && !from.equals(user)) {
        throw new SaslError('invalid-authzid', 'the stream is from another user');
      }
      const queue = await this.#upgrades(username, mechanism);
      if (queue.length === 0) return await this.#letIn(user, data, leave);
      this.#isAuthenticated = true;
      this.#tasks = { user, queue, isBegun: false };
      this.#continue(queue, data);
    } catch (error) {
      leave?.();
      throw error;
    }
  }

  async #upgrades(username: string, mechanism: string): Promise<UpgradeTask[]> {
    if (!this.#mayUpgrade) return [];
    return upgradeTasks(this.#host.accounts, username, mechanism, this.#request as Element);
  }

  /** XEP-0480 §2.2: one task at a time. */
  #continue([task]: readonly UpgradeTask[], data?: Uint8Array): void {
    const tasks = sasl('tasks', {}, sasl('task', {}, task?.name));
    this.#negotiation.link.send(sasl('continue', {}, data && sasl('additional-data', {}, encodeBase64(data)), tasks));
  }

  /** §2.6.3 */
  #beginTask(next: Element): void {
    const [task] = this.#tasks?.queue ?? [];
    if (this.#tasks === undefined || task === undefined || this.#tasks.isBegun || next.attr('task') !== task.name) {
      throw new SaslError('malformed-request', 'this task was not asked for');
    }
    this.#tasks.isBegun = true;
    this.#negotiation.link.send(sasl('task-data', {}, task.begin()));
  }

  async #finishTask(data: Element): Promise<void> {
    const tasks = this.#tasks;
    if (!tasks?.isBegun) throw new SaslError('malformed-request', 'no task has begun');
    await tasks.queue[0]?.finish(data);
    tasks.queue.shift();
    tasks.isBegun = false;
    if (tasks.queue.length > 0) return this.#continue(tasks.queue);
    await this.#letIn(tasks.user, undefined, undefined);
  }

  /** §2.6.1 */
  async #letIn(user: Jid, data: Uint8Array | undefined, leave: (() => void) | undefined): Promise<void> {
    const negotiation = this.#negotiation;
    const request = this.#request as Element;
    const token = leave === undefined ? await this.#renewToken(request, user) : undefined;
    await this.#checkAccount(user);
    const resumption = await this.#resume(request, user);
    const bindRequest = resumption?.session === undefined ? request.child('bind', NS_BIND2) : undefined;
    if (bindRequest !== undefined) await this.#checkAccount(user);
    const bound = bindRequest && (await bind2(bindRequest, user, this.#userAgent, this.#host, negotiation));
    const session = resumption?.session ?? bound?.session;
    // Link or session may have ended while something took its time.
    if (negotiation.isOver || session?.ended) {
      session?.disconnected();
      bound?.release();
      leave?.();
      return negotiation.fail();
    }
    negotiation.authenticated({ user, userAgent: this.#userAgent, leave });
    negotiation.link.send(
      sasl(
        'success',
        {},
        data && sasl('additional-data', {}, encodeBase64(data)),
        sasl('authorization-identifier', {}, String(session?.jid ?? user)),
        resumption?.answer,
        bound?.element,
        token,
      ),
    );
    // XEP-0198 §6.2: no features when a session goes on
    if (resumption?.session === undefined) negotiation.sendFeatures(session);
    if (session !== undefined) negotiation.handOver(session);
    resumption?.replay?.();
    bound?.release();
  }

  /** It may be gone since the mechanism looked: who deletes or disables it ends the sessions there are. */
  async #checkAccount({ local }: Jid): Promise<void> {
    const account = await this.#host.accounts.get(local);
    if (account === undefined || account.disabled) throw new SaslError('not-authorized');
  }

  async #renewToken(request: Element, { local }: Jid): Promise<Element | undefined> {
    const { fast } = this.#host;
    const agent = this.#userAgent?.id;
    if (fast === undefined || agent === undefined) return undefined;
    return renewToken(fast, local, agent, request, this.#attempts.context, this.#generation);
  }

  /** XEP-0386 §3.2: comes before binding, and takes its place when it works. */
  async #resume(request: Element, user: Jid): Promise<Resumption | undefined> {
    for (const { offer, request: name, resume } of this.#host.inline.resumes.values()) {
      const wish = request.child(name, offer.ns);
      if (wish !== undefined) return resume(user, wish, this.#negotiation.link);
    }
    return undefined;
  }
}

/** §2.2: white space should not be there, but is in the examples. */
function decode(text: string): Uint8Array {
  return decodeBase64(text.trim());
}
