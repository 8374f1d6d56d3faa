/** RFC 7622: an XMPP address as an immutable value. */

import { GenerationCache } from '../cache/index.ts';
import { prepareDomain } from './domainpart.ts';
import { JidError } from './error.ts';
import { prepareLocal } from './localpart.ts';
import { prepareResource } from './resourcepart.ts';

const CACHED_JIDS = 20_000;
const CACHED_DOMAINS = 1_000;
/** Longer texts are legal but rare; left out, so that strangers' addresses cannot fill the cache with megabytes. */
const CACHED_LENGTH = 256;

const cache = new GenerationCache<Jid>(CACHED_JIDS);
const domains = new GenerationCache<string>(CACHED_DOMAINS);

/** A prepared address: two Jids are equal exactly when their texts are. A part that is absent is the empty string. */
export class Jid {
  readonly local: string;
  readonly domain: string;
  readonly resource: string;
  readonly #text: string;
  #bare: Jid | undefined;

  private constructor(local: string, domain: string, resource: string, text: string) {
    this.local = local;
    this.domain = domain;
    this.resource = resource;
    this.#text = text;
  }

  /** Prepares all parts; throws JidError. A text seen lately costs one look-up. */
  static parse(text: string): Jid {
    const known = cache.get(text);
    if (known !== undefined) return known;
    // §3.1: the resourcepart starts after the first "/", and only then the localpart ends at the first "@".
    const slash = text.indexOf('/');
    const address = slash < 0 ? text : text.slice(0, slash);
    const at = address.indexOf('@');
    const jid = Jid.#intern(
      at < 0 ? '' : prepareLocal(address.slice(0, at)),
      prepareDomain(address.slice(at + 1)),
      slash < 0 ? '' : prepareResource(text.slice(slash + 1)),
    );
    if (jid.#text !== text) remember(detach(text), jid);
    return jid;
  }

  static tryParse(text: string): Jid | undefined {
    try {
      return Jid.parse(text);
    } catch (error) {
      if (error instanceof JidError) return undefined;
      throw error;
    }
  }

  /** From unprepared parts, '' being an absent one; throws JidError. */
  static of(local: string, domain: string, resource = ''): Jid {
    return Jid.#intern(
      local === '' ? '' : prepareLocal(local),
      prepareDomain(domain),
      resource === '' ? '' : prepareResource(resource),
    );
  }

  get isBare(): boolean {
    return this.resource === '';
  }

  /** Without the resourcepart; sessions of one account share the same value while it is in the cache. */
  bare(): Jid {
    if (this.resource === '') return this;
    this.#bare ??= Jid.#intern(this.local, this.domain, '');
    return this.#bare;
  }

  /** This address with another resourcepart, prepared and not empty; throws JidError. */
  withResource(resource: string): Jid {
    const jid = Jid.#intern(this.local, this.domain, prepareResource(resource));
    jid.#bare ??= this.bare();
    return jid;
  }

  /** The domainpart alone. */
  host(): Jid {
    return this.#text === this.domain ? this : Jid.#intern('', this.domain, '');
  }

  equals(other: Jid | undefined): boolean {
    return other !== undefined && (other === this || other.#text === this.#text);
  }

  toString(): string {
    return this.#text;
  }

  toJSON(): string {
    return this.#text;
  }

  /** The Jid of prepared parts, the cached one if there is one. */
  static #intern(local: string, domain: string, resource: string): Jid {
    const address = local === '' ? domain : `${local}@${domain}`;
    const joined = resource === '' ? address : `${address}/${resource}`;
    const known = cache.get(joined);
    if (known !== undefined) return known;
    const text = detach(joined);
    const jid = new Jid(
      text.slice(0, local.length),
      inOnePlace(domain),
      text.slice(text.length - resource.length),
      text,
    );
    remember(text, jid);
    return jid;
  }
}

function remember(text: string, jid: Jid): void {
  if (text.length <= CACHED_LENGTH) cache.set(text, jid);
}

/** Addresses are many and domains few. */
function inOnePlace(domain: string): string {
  const known = domains.get(domain);
  if (known !== undefined) return known;
  const copy = detach(domain);
  if (copy.length <= CACHED_LENGTH) domains.set(copy, copy);
  return copy;
}

/** A copy in its own memory: a substring keeps alive the string it was cut from, which may be a whole network read. */
function detach(text: string): string {
  return Buffer.from(text).toString();
}
