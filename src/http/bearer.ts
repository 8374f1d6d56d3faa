/** RFC 6750: what the bearer token of a request allows */
import {
  type ApiToken,
  type ApiTokens,
  type CommandFailure,
  covers,
  failed,
  type Logger,
  type LoginLimiter,
  SaslError,
} from '#core';

export interface BearerParts {
  readonly tokens: ApiTokens;
  /** Counts wrong tokens. */
  readonly limiter: LoginLimiter;
  readonly log: Logger;
}

export class BearerRefused extends Error {
  override readonly name = 'BearerRefused';
  readonly failure: CommandFailure;
  /** §3: the value of WWW-Authenticate; undefined where another token would not help. */
  readonly challenge: string | undefined;

  constructor(failure: CommandFailure, challenge?: string) {
    super(failure.body.error.text);
    this.failure = failure;
    this.challenge = challenge;
  }
}

/** The token of a request, by its Authorization header. @throws BearerRefused */
export async function tokenOf(
  authorization: string | undefined,
  address: string,
  { tokens, limiter, log }: BearerParts,
): Promise<ApiToken> {
  const [, text] = /^Bearer +([\w.~+/-]+=*)$/i.exec(authorization ?? '') ?? [];
  if (text === undefined) throw new BearerRefused(failed('not-authorized', 'a bearer token is needed'), 'Bearer');
  try {
    limiter.check(address);
  } catch (error) {
    if (!(error instanceof SaslError)) throw error;
    throw new BearerRefused(failed('policy-violation', 'too many wrong tokens, try again later', 429));
  }
  const token = await tokens.verify(text);
  if (token !== undefined) return token;
  limiter.failed(address);
  log.info({ peer: address }, 'a wrong token of the API');
  const failure = failed('not-authorized', 'the token is unknown, expired or revoked');
  throw new BearerRefused(failure, 'Bearer error="invalid_token"');
}

/** @throws BearerRefused */
export function checkScope(token: ApiToken, scope: string): void {
  if (covers(token.scopes, scope)) return;
  const challenge = `Bearer error="insufficient_scope", scope="${scope}"`;
  throw new BearerRefused(failed('forbidden', `the token is not for ${scope}`), challenge);
}
