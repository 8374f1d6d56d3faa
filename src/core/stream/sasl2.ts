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
    const { fast, inline } = this.#host;
    const names = this.#attempts.offered().map(({ name }) => sasl('mechanism', {}, name));
    if (names.length === 0 || !this.#isPossible) return undefined;
    const resumes = [...inline.resumes.values()].map(({ offer }) => offer);
    const tokens = fast && fastOffer(fast.mechanisms, this.#attempts.context);
    return sasl('authentication', {}, names, sasl('inline', {}, bind2Offer(this.#host), tokens, resumes));
  }

  get #isPossible(): boolean {
    const { secure, startTls } = this.#negotiation.link;
    return secure || startTls === 'off';
  }

  /** @throws SaslError; StreamError policy-violation: a login is running, and this does not belong to it (§2.4) */
  read(element: Element): SaslRequest {
    switch (element.name) {
      case 'authenticate': {
        if (this.#request !== undefined) throw new StreamError('policy-violation', 'a login has begun');
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
      default:
        throw new StreamError('policy-violation', `${element.name} is out of place`);
    }
  }

  challenge(data: Uint8Array): Element {
    return sasl('challenge', {}, encodeBase64(data));
  }

  failure(error: SaslError): Element {
    this.#request = undefined;
    return sasl(
      'failure',
      {},
      condition(error.condition),
      error.text && sasl('text', {}, error.text),
      error.application,
    );
  }

  async succeeded({ username, data, temporary }: SaslSuccess): Promise<void> {
    const user = this.#host.userJid(username);
    const leave = temporary ? () => this.#host.deleteTemporary(username) : undefined;
    try {
      await this.#letIn(user, data, leave);
    } catch (error) {
      leave?.();
      throw error;
    }
  }

  /** §2.6.1 */
  async #letIn(user: Jid, data: Uint8Array | undefined, leave: (() => void) | undefined): Promise<void> {
    const negotiation = this.#negotiation;
    const request = this.#request as Element;
    const { from } = negotiation;
    if (leave === undefined && from !== undefined && !from.equals(user)) {
      throw new SaslError('invalid-authzid', 'the stream is from another user');
    }
    // As when a resource is bound later: the account may be gone since the mechanism looked.
    const account = await this.#host.accounts.get(user.local);
    if (account === undefined || account.disabled) throw new SaslError('not-authorized');
    const token = leave === undefined ? await this.#renewToken(request, user) : undefined;
    const resumption = await this.#resume(request, user);
    const bindRequest = resumption?.session === undefined ? request.child('bind', NS_BIND2) : undefined;
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
