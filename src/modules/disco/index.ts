/** XEP-0030: Service Discovery */
import {
  type Awaitable,
  defineModule,
  type Element,
  type Host,
  type Identity,
  type Iq,
  ns,
  StanzaError,
  whenDone,
} from '#core';
import roster from '#modules/roster';

const NS_INFO = 'http://jabber.org/protocol/disco#info';
const NS_ITEMS = 'http://jabber.org/protocol/disco#items';
const info = ns(NS_INFO);
const items = ns(NS_ITEMS);

export interface DiscoInfo {
  readonly identities: readonly Identity[];
  readonly features: readonly string[];
}

/** What there is at a node of the host; undefined for a node of somebody else. @throws StanzaError to whom it is not told */
export type NodeInfo = (node: string, iq: Iq) => DiscoInfo | undefined;

/** An item of a node of the host, of the host itself. */
export interface NodeItem {
  readonly node: string;
  readonly name: string;
}

/** The answer to disco#items of the host. */
export type HostItems = (iq: Iq) => Awaitable<Element>;

export interface DiscoApi {
  /** What the host answers when it is asked without a node. */
  hostInfo(): DiscoInfo;
  /** Answers disco#info for nodes of the host (§3.2). Asked in the order of registration. */
  onNode(at: NodeInfo): void;
  /** Answers disco#items for one node of the host (§4.2). */
  onNodeItems(node: string, items: (iq: Iq) => readonly NodeItem[]): void;
  /** Answers disco#items of the host (§4), in place of the list of its services. */
  onItems(answer: HostItems): void;
}

export default defineModule({
  name: 'disco',
  xeps: [{ xep: 30, version: '2.5.0' }],
  hosts: 'any',
  requires: [roster],
  setup(host): DiscoApi {
    const nodes: NodeInfo[] = [];
    const itemsOfNodes = new Map<string, (iq: Iq) => readonly NodeItem[]>();
    let itemsOfHost: HostItems = () =>
      items(
        'query',
        {},
        host.services.map(({ jid, name }) => items('item', { jid: jid.toString(), name })),
      );
    const hostInfo = () => ({ identities: host.identities('host'), features: host.features('host') });

    for (const namespace of [NS_INFO, NS_ITEMS]) host.feature(namespace);
    if (!host.isService) answerForAccounts(host);

    host.iq('get', 'query', NS_INFO, 'host', (iq) => {
      const node = nodeOf(iq);
      return node === undefined ? infoPayload(hostInfo()) : infoPayload(atNode(node, iq), node);
    });

    host.iq('get', 'query', NS_ITEMS, 'host', (iq) => {
      const node = nodeOf(iq);
      if (node === undefined) return itemsOfHost(iq);
      const found = itemsOfNodes.get(node)?.(iq);
      if (found === undefined) throw new StanzaError('item-not-found');
      const jid = host.domain.toString();
      return items(
        'query',
        { node },
        found.map(({ node: at, name }) => items('item', { jid, node: at, name })),
      );
    });

    function atNode(node: string, iq: Iq): DiscoInfo {
      for (const at of nodes) {
        const found = at(node, iq);
        if (found !== undefined) return found;
      }
      throw new StanzaError('item-not-found');
    }

    return {
      hostInfo,
      onNode: (at) => void nodes.push(at),
      onNodeItems: (node, answer) => void itemsOfNodes.set(node, answer),
      onItems(answer) {
        itemsOfHost = answer;
      },
    };
  },
});

function answerForAccounts(host: Host): void {
  const rosters = host.use(roster);
  host.identity({ category: 'server', type: 'im', name: 'Tharsis' }, 'host');
  host.identity({ category: 'account', type: 'registered' }, 'account');
  for (const namespace of [NS_INFO, NS_ITEMS]) host.feature(namespace, 'account');

  // §8 rule 1: to a stranger, an account and none look the same
  host.iq('get', 'query', NS_INFO, 'account', (iq, { user }) =>
    whenDone(rosters.mayKnow(iq.from, user), (trusted) => {
      if (!trusted) throw new StanzaError('service-unavailable');
      if (nodeOf(iq) !== undefined) throw new StanzaError('item-not-found');
      return infoPayload({ identities: host.identities('account'), features: host.features('account') });
    }),
  );

  // §8 rule 2
  host.iq('get', 'query', NS_ITEMS, 'account', (iq, { user }) =>
    whenDone(rosters.mayKnow(iq.from, user), (trusted) => (trusted ? noItems(nodeOf(iq)) : emptyItems(nodeOf(iq)))),
  );
}

function nodeOf(iq: Iq): string | undefined {
  return iq.payload?.attr('node');
}

/** §3.2: the node of the request stands in the result. */
function infoPayload({ identities, features }: DiscoInfo, node?: string): Element {
  return info(
    'query',
    { node },
    identities.map(({ category, type, name }) => info('identity', { category, type, name })),
    features.map((feature) => info('feature', { var: feature })),
  );
}

/** §7: without items the result is empty, but a node that is asked for has to be there. */
function noItems(node: string | undefined): Element {
  if (node !== undefined) throw new StanzaError('item-not-found');
  return emptyItems(undefined);
}

function emptyItems(node: string | undefined): Element {
  return items('query', { node });
}
