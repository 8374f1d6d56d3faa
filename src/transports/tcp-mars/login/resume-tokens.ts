/** What a client names itself by when it comes back: each token is good once, and kept only as its hash */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { type ClientSession, GenerationCache, type ManagementRules } from '#core';

/** How many sessions that are over are remembered, for the number of stanzas that were handled. */
const REMEMBERED = 10_000;
const TOKEN_BYTES = 32;

/** Whose token it is, as far as the connection and the client say it. */
export interface Bearer {
  readonly deviceId: string;
  /** Whether nobody else could read the token on its way. */
  readonly secure: boolean;
}

interface Kept extends Bearer {
  /** Hexadecimal. */
  readonly hash: string;
}

export interface Resumption {
  readonly sessionId: string;
  readonly resumeToken: string;
  readonly tokenTtlS: number;
}

export class ResumeTokens {
  readonly #rules: ManagementRules;
  readonly #patienceMs: number;
  readonly #kept = new WeakMap<ClientSession, Kept>();
  readonly #over = new GenerationCache<Kept & { readonly handled: number }>(REMEMBERED);

  constructor(rules: ManagementRules, patienceMs: number) {
    this.#rules = rules;
    this.#patienceMs = patienceMs;
  }

  /** From now on the session can outlive its connection. */
  begin(session: ClientSession, bearer: Bearer): Resumption {
    const id = randomBytes(18).toString('base64url');
    session.manage(this.#rules, { id, patienceMs: this.#patienceMs });
    return { sessionId: id, ...this.issue(session, bearer) };
  }

  /** The next token of a session; the one before is void. */
  issue(session: ClientSession, { deviceId, secure }: Bearer): Omit<Resumption, 'sessionId'> {
    const resumeToken = randomBytes(TOKEN_BYTES).toString('base64url');
    this.#kept.set(session, { deviceId, secure, hash: hashOf(resumeToken) });
    return { resumeToken, tokenTtlS: Math.floor(this.#patienceMs / 1_000) };
  }

  /** Whether this token is that of the session. One that came encrypted is not taken in the clear. */
  fits(session: ClientSession, token: string, bearer: Bearer): boolean {
    const kept = this.#kept.get(session);
    return kept !== undefined && isRight(kept, token, bearer);
  }

  /** The token is void; the returned function brings it back, for a client that was not told another. */
  spend(session: ClientSession): () => void {
    const kept = this.#kept.get(session);
    this.#kept.delete(session);
    return () => {
      if (kept !== undefined && !this.#kept.has(session)) this.#kept.set(session, kept);
    };
  }

  /** The session is over. */
  closed(session: ClientSession): void {
    const kept = this.#kept.get(session);
    const { management } = session;
    const id = management?.terms?.id;
    if (kept === undefined || management === undefined || id === undefined) return;
    this.#over.set(id, { ...kept, handled: management.handled });
  }

  /** How many stanzas a session that is over had handled, for who has its token. */
  handledBy(sessionId: string, token: string, bearer: Bearer): number | undefined {
    const kept = this.#over.get(sessionId);
    return kept !== undefined && isRight(kept, token, bearer) ? kept.handled : undefined;
  }
}

function isRight({ hash, deviceId, secure }: Kept, token: string, bearer: Bearer): boolean {
  const isSame = timingSafeEqual(Buffer.from(hash, 'latin1'), Buffer.from(hashOf(token), 'latin1'));
  return isSame && deviceId === bearer.deviceId && (bearer.secure || !secure);
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
