/**
 * Probes of many users to one other server in a single request, where that server takes such: it answers with the presence of
 * those who are there, as to probes (RFC 6121 §4.3.2), and names those who are not. docs/federation.md
 */
import { type Element, type Host, type Iq, Jid, ns, presence, StanzaError } from '#core';
import { isSubscriber } from '#modules/roster';
import { showResources } from './current.ts';
import type { Probing } from './probe.ts';

export const NS_PROBES = 'urn:x-tharsis:probes:0';
const NS_DISCO_INFO = 'http://jabber.org/protocol/disco#info';
const probes = ns(NS_PROBES);
const info = ns(NS_DISCO_INFO);

/** So many in this time go each on its own; those above wait for its end, to go together. */
const WORTH = 10;
const WINDOW_MS = 50;
const MOST = 500;
/** What a server said it takes is asked again. */
const HOLDS_MS = 3_600_000;

interface Probe {
  readonly from: Jid;
  readonly to: Jid;
}

interface Peer {
  readonly waiting: Probe[];
  takesBatches: boolean | undefined;
  askedAt: number;
  /** In the present window. */
  sent: number;
}

/** The probes of a host's users to other servers. */
export class ProbeBatches {
  readonly #host: Host;
  readonly #peers = new Map<string, Peer>();

  constructor(host: Host) {
    this.#host = host;
  }

  send(probe: Probe): void {
    const { domain } = probe.to;
    const peer = this.#peers.get(domain) ?? { waiting: [], takesBatches: undefined, askedAt: 0, sent: 0 };
    this.#peers.set(domain, peer);
    if (peer.sent++ === 0) this.#host.clock.after(WINDOW_MS, () => void this.#flush(domain, peer));
    if (peer.sent <= WORTH) this.#sendEach([probe]);
    else peer.waiting.push(probe);
  }

  /** Never rejects. */
  async #flush(domain: string, peer: Peer): Promise<void> {
    const to = Jid.of('', domain);
    const isTaken = peer.waiting.length > 0 && (await this.#takesBatches(to, peer));
    const gathered = peer.waiting.splice(0);
    peer.sent = 0;
    if (peer.takesBatches === undefined) this.#peers.delete(domain);
    if (!isTaken) return this.#sendEach(gathered);
    for (let at = 0; at < gathered.length; at += MOST) void this.#sendBatch(to, gathered.slice(at, at + MOST));
  }

  async #takesBatches(to: Jid, peer: Peer): Promise<boolean> {
    const now = this.#host.clock.now();
    if (peer.takesBatches !== undefined && now - peer.askedAt < HOLDS_MS) return peer.takesBatches;
    peer.askedAt = now;
    try {
      const answer = await this.#host.request(to, 'get', info('query'));
      peer.takesBatches = answer?.elements('feature').some((feature) => feature.attr('var') === NS_PROBES) ?? false;
    } catch {
      peer.takesBatches = undefined;
    }
    return peer.takesBatches ?? false;
  }

  /** Never rejects: what is not taken in one is sent one by one. */
  async #sendBatch(to: Jid, batch: readonly Probe[]): Promise<void> {
    const asked = new Map(batch.map((probe) => [keyOf(probe), probe]));
    const children = batch.map((probe) => probes('probe', { from: `${probe.from}`, to: `${probe.to}` }));
    try {
      const answer = await this.#host.request(to, 'set', probes('probes', {}, children));
      for (const absent of answer?.elements('absent') ?? []) {
        const probe = asked.get(`${absent.attr('to')} ${absent.attr('from')}`);
        if (probe === undefined) continue;
        void this.#host.route(presence({ type: 'unavailable', from: probe.to, to: probe.from }));
      }
    } catch {
      this.#sendEach(batch);
    }
  }

  #sendEach(batch: readonly Probe[]): void {
    for (const { from, to } of batch) void this.#host.route(presence({ type: 'probe', from, to }));
  }
}

function keyOf({ from, to }: Probe): string {
  return `${from} ${to}`;
}

/** Answers the request of another server. @throws StanzaError forbidden, bad-request */
export async function answerBatch({ host, rosters }: Probing, iq: Iq): Promise<Element> {
  const asking = iq.from;
  if (asking === undefined || asking.local !== '' || !asking.isBare) throw new StanzaError('forbidden');
  const batch = (iq.payload?.elements('probe') ?? []).map((element) => probeIn(element, asking, host.domain));
  if (batch.length > MOST) throw new StanzaError('bad-request', `at most ${MOST} probes`);
  const absent: Probe[] = [];
  for (const probe of batch) {
    const roster = await rosters.get(probe.to);
    if (!isSubscriber(roster.get(probe.from))) {
      void host.route(presence({ type: 'unsubscribed', from: probe.to, to: probe.from }));
    } else if (isThere(host, probe.to)) showResources(host, probe.to, probe.from);
    else absent.push(probe);
  }
  // Who has come meanwhile has said so himself.
  const still = absent.filter(({ to }) => !isThere(host, to));
  return probes(
    'probes',
    {},
    still.map(({ from, to }) => probes('absent', { from: `${to}`, to: `${from}` })),
  );
}

function isThere(host: Host, user: Jid): boolean {
  return host.sessions(user).some(({ available }) => available);
}

/** Of a user of the server that asks, about one of ours. */
function probeIn(element: Element, asking: Jid, own: Jid): Probe {
  const from = Jid.tryParse(element.attr('from') ?? '');
  const to = Jid.tryParse(element.attr('to') ?? '');
  if (from === undefined || to === undefined) throw new StanzaError('bad-request');
  if (from.domain !== asking.domain || to.domain !== own.domain) throw new StanzaError('forbidden');
  if (from.local === '' || to.local === '') throw new StanzaError('bad-request');
  return { from: from.bare(), to: to.bare() };
}
