import type { Jid } from '../jid/index.ts';
import type { ClientSession } from '../session/index.ts';
import type { Element } from '../xml/index.ts';

/** Where a feature is announced: in disco#info of the host or of an account (XEP-0030 §3). */
export type FeaturePlace = 'host' | 'account';

/** XEP-0030 §3.1 */
export interface Identity {
  readonly category: string;
  readonly type: string;
  readonly name?: string;
}

/** How far a stream has come when its features are written. */
export interface StreamStage {
  readonly secure: boolean;
  /** Bare JID once authenticated. */
  readonly user: Jid | undefined;
  /** When one was bound within the login (XEP-0386). */
  readonly session?: ClientSession | undefined;
}

/** A stream feature of a module: the element to offer at this stage, or nothing. */
export type StreamOffer = (stage: StreamStage) => Element | undefined;

class Place {
  readonly features = new Map<string, number>();
  readonly identities: Identity[] = [];
}

/** What a virtual host says it can do. */
export class FeatureTable {
  readonly #places: Record<FeaturePlace, Place> = { host: new Place(), account: new Place() };
  readonly #offers: StreamOffer[] = [];

  /** Namespaces, in the order of registration. */
  features(place: FeaturePlace): readonly string[] {
    return [...this.#places[place].features.keys()];
  }

  identities(place: FeaturePlace): readonly Identity[] {
    return this.#places[place].identities;
  }

  /** The stream features of modules for a stream at this stage. */
  offers(stage: StreamStage): Element[] {
    return this.#offers.map((offer) => offer(stage)).filter((element) => element !== undefined);
  }

  addFeature(ns: string, place: FeaturePlace): () => void {
    const counts = this.#places[place].features;
    counts.set(ns, (counts.get(ns) ?? 0) + 1);
    return () => {
      const left = (counts.get(ns) ?? 1) - 1;
      if (left === 0) counts.delete(ns);
      else counts.set(ns, left);
    };
  }

  addIdentity(identity: Identity, place: FeaturePlace): () => void {
    return addTo(this.#places[place].identities, identity);
  }

  addOffer(offer: StreamOffer): () => void {
    return addTo(this.#offers, offer);
  }
}

function addTo<T>(list: T[], item: T): () => void {
  list.push(item);
  return () => {
    const at = list.indexOf(item);
    if (at >= 0) list.splice(at, 1);
  };
}
