/** RFC 7519 §7.2, RFC 8725: which account a token is for, if it holds */
import { errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import { type AuthProviderHost, Jid, JidError, prepareLocal, SaslError } from '#core';
import type { JwtOptions } from './index.ts';
import type { SignatureKey } from './signature-key.ts';

/** How far the clock of who signs may be off. */
const TOLERANCE_SECONDS = 5;

export class TokenVerifier {
  readonly #key: SignatureKey;
  readonly #options: JwtOptions;
  readonly #host: AuthProviderHost;

  constructor(key: SignatureKey, options: JwtOptions, host: AuthProviderHost) {
    this.#key = key;
    this.#options = options;
    this.#host = host;
  }

  /**
   * The localpart; undefined for a token that does not hold.
   *
   * @throws SaslError credentials-expired, temporary-auth-failure when the keys cannot be had
   */
  async accountOf(token: string): Promise<string | undefined> {
    try {
      const { payload } = await jwtVerify(token, this.#key.key, this.#demands());
      return this.#isForUs(payload) ? this.#localpart(payload[this.#options.claim]) : undefined;
    } catch (error) {
      // The signature was right.
      if (error instanceof errors.JWTExpired) throw new SaslError('credentials-expired', undefined, { cause: error });
      if (!(error instanceof errors.JOSEError)) throw error;
      this.#host.log.debug({ reason: error.message }, 'a token was refused');
    }
  }

  #demands(): JWTVerifyOptions {
    const { issuer, audience, claim } = this.#options;
    return {
      algorithms: [...this.#key.algorithms],
      requiredClaims: ['exp', claim],
      ...(issuer !== undefined && { issuer }),
      ...(audience !== undefined && { audience }),
      currentDate: new Date(this.#host.clock.now()),
      clockTolerance: TOLERANCE_SECONDS,
    };
  }

  /** §4.1.3: a token that names its audience is for nobody else. */
  #isForUs({ aud }: JWTPayload): boolean {
    if (this.#options.audience !== undefined || aud === undefined) return true;
    return [aud].flat().includes(this.#host.domain);
  }

  /** Of a username, or of a bare JID of this host. */
  #localpart(name: unknown): string | undefined {
    if (typeof name !== 'string') return undefined;
    if (name.includes('@')) {
      const jid = Jid.tryParse(name);
      return jid?.isBare && jid.domain === this.#host.domain ? jid.local : undefined;
    }
    try {
      return prepareLocal(name);
    } catch (error) {
      if (error instanceof JidError) return undefined;
      throw error;
    }
  }
}
