/** RFC 6750: bearer tokens of the HTTP API. What is stored is good for nothing but to recognise them. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../clock/index.ts';
import { StanzaError } from '../stanza/index.ts';
import type { MapStore, Stores } from '../storage/index.ts';

export interface ApiToken {
  /** Names it in lists and logs; half of what a holder has, and no secret. */
  readonly id: string;
  readonly label: string;
  readonly scopes: readonly string[];
  /** Milliseconds since 1970. */
  readonly created: number;
  /** Undefined: until it is revoked. */
  readonly expires: number | undefined;
}

interface StoredToken extends Omit<ApiToken, 'id' | 'expires'> {
  readonly expires?: number;
  /** SHA-256 of the secret, in base64url. The secret is random and long: there is nothing to be guessed that a slow hash would guard. */
  readonly hash: string;
}

const ID_BYTES = 6;
const SECRET_BYTES = 32;
/** A token is two parts of known form; what is longer is not even hashed. */
const TOKEN = /^([0-9a-f]{12})\.([\w-]{43})$/;
const OWNER = 'token';
const MOST = 1_000;

export class ApiTokens {
  readonly #store: MapStore<StoredToken>;
  readonly #clock: Clock;

  constructor(stores: Stores, clock: Clock) {
    this.#store = stores.map('api-tokens');
    this.#clock = clock;
  }

  /** The text is told this once. @throws StanzaError resource-constraint */
  async create(wanted: Pick<ApiToken, 'label' | 'scopes' | 'expires'>): Promise<{ text: string; token: ApiToken }> {
    const { label, scopes, expires } = wanted;
    if ((await this.#store.entries(OWNER)).size >= MOST) {
      throw new StanzaError('resource-constraint', `there are ${MOST} tokens: revoke some`);
    }
    const id = randomBytes(ID_BYTES).toString('hex');
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    const created = this.#clock.now();
    await this.#store.update(OWNER, id, () => ({
      ...{ label, scopes, created, hash: hashOf(secret).toString('base64url') },
      ...(expires !== undefined && { expires }),
    }));
    return { text: `${id}.${secret}`, token: { id, label, scopes, created, expires } };
  }

  /** The token with this text; undefined for one that is unknown, revoked or expired. */
  async verify(text: string): Promise<ApiToken | undefined> {
    const [, id = '', secret = ''] = TOKEN.exec(text) ?? [];
    const stored = id === '' ? undefined : await this.#store.get(OWNER, id);
    // One path for all: the hash is compared also where there is no such id.
    const known = Buffer.from(stored?.hash ?? NOBODY, 'base64url');
    const isRight = timingSafeEqual(hashOf(secret), known);
    if (stored === undefined || !isRight) return undefined;
    const token = tokenOf(id, stored);
    return token.expires !== undefined && token.expires <= this.#clock.now() ? undefined : token;
  }

  /** By age, the oldest first; those that expired are among them. */
  async list(): Promise<readonly ApiToken[]> {
    const tokens = [...(await this.#store.entries(OWNER))].map(([id, stored]) => tokenOf(id, stored));
    return tokens.sort((a, b) => a.created - b.created);
  }

  /** @throws StanzaError item-not-found */
  async revoke(id: string): Promise<void> {
    await this.#store.update(OWNER, id, (present) => {
      if (present === undefined) throw new StanzaError('item-not-found', `there is no token ${id}`);
      return undefined;
    });
  }
}

const NOBODY = Buffer.alloc(32).toString('base64url');

function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

function tokenOf(id: string, { label, scopes, created, expires }: StoredToken): ApiToken {
  return { id, label, scopes, created, expires };
}
