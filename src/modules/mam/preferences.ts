/** XEP-0441: Message Archive Management Preferences */
import {
  type Awaitable,
  type Element,
  GenerationCache,
  Jid,
  type MapStore,
  NS_MAM,
  ns,
  StanzaError,
  whenDone,
} from '#core';
import type { RosterApi } from '#modules/roster';

const mam = ns(NS_MAM);

/** §2.1.1 */
export const POLICIES = ['always', 'never', 'roster'] as const;
export type Policy = (typeof POLICIES)[number];

/** What a user has set; stored as it is. */
export interface Prefs {
  readonly default: Policy;
  /** JIDs, bare or full. */
  readonly always: readonly string[];
  readonly never: readonly string[];
}

/** Preferences as every message asks for them. */
interface Rules {
  readonly prefs: Prefs;
  readonly listed: ReadonlyMap<string, boolean>;
}

/** Accounts whose preferences are at hand; those of others are read when they are needed. */
const CACHED_ACCOUNTS = 20_000;

export class Preferences {
  readonly #store: MapStore<Prefs>;
  readonly #rosters: RosterApi;
  readonly #rules = new GenerationCache<Rules>(CACHED_ACCOUNTS);
  readonly #unset: Rules;

  /** @param fallback what is done for users who have set nothing */
  constructor(store: MapStore<Prefs>, rosters: RosterApi, fallback: Policy) {
    this.#store = store;
    this.#rosters = rosters;
    this.#unset = rulesOf({ default: fallback, always: [], never: [] });
  }

  get(user: Jid): Awaitable<Prefs> {
    return whenDone(this.#get(user), ({ prefs }) => prefs);
  }

  async set(user: Jid, prefs: Prefs): Promise<void> {
    await this.#store.update(user.local, '', () => prefs);
    this.#rules.set(user.local, rulesOf(prefs));
  }

  async purge(user: Jid): Promise<void> {
    await this.#store.purge(user.local);
    this.#rules.set(user.local, this.#unset);
  }

  /** §2.3: whether messages to and from `other` belong into the user's archive. */
  allows(user: Jid, other: Jid): Awaitable<boolean> {
    const rules = this.#get(user);
    return whenDone(rules, ({ prefs, listed }) => {
      const isWanted = listed.get(other.toString()) ?? listed.get(other.bare().toString());
      if (isWanted !== undefined) return isWanted;
      if (prefs.default !== 'roster') return prefs.default === 'always';
      return whenDone(this.#rosters.get(user), (roster) => roster.get(other.bare())?.listed ?? false);
    });
  }

  #get(user: Jid): Awaitable<Rules> {
    const known = this.#rules.get(user.local);
    if (known !== undefined) return known;
    return whenDone(this.#store.get(user.local, ''), (prefs) => {
      const rules = prefs === undefined ? this.#unset : rulesOf(prefs);
      this.#rules.set(user.local, rules);
      return rules;
    });
  }
}

/** A JID in both lists is not archived: that can be made up for by nothing. */
function rulesOf(prefs: Prefs): Rules {
  const listed = new Map<string, boolean>();
  for (const jid of prefs.always) listed.set(jid, true);
  for (const jid of prefs.never) listed.set(jid, false);
  return { prefs, listed };
}

/** @throws StanzaError bad-request, jid-malformed; resource-constraint for more than `max` JIDs */
export function readPrefs(payload: Element | undefined, max: number): Prefs {
  const policy = POLICIES.find((name) => name === payload?.attrs.default);
  if (policy === undefined) throw new StanzaError('bad-request', `default is one of ${POLICIES.join(', ')}`);
  const [always, never] = [jidsIn(payload?.child('always')), jidsIn(payload?.child('never'))];
  if (always.length + never.length > max) throw new StanzaError('resource-constraint', `at most ${max} addresses`);
  return { default: policy, always, never };
}

export function prefsElement({ default: policy, always, never }: Prefs): Element {
  const list = (name: string, jids: readonly string[]) =>
    mam(
      name,
      {},
      jids.map((jid) => mam('jid', {}, jid)),
    );
  return mam('prefs', { default: policy }, list('always', always), list('never', never));
}

function jidsIn(list: Element | undefined): readonly string[] {
  const jids = (list?.elements('jid') ?? []).map((element) => {
    const jid = Jid.tryParse(element.text().trim());
    if (jid === undefined) throw new StanzaError('jid-malformed', `not an address: ${element.text()}`);
    return jid.toString();
  });
  return [...new Set(jids)];
}
