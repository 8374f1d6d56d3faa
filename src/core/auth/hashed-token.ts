/** draft-schmaus-kitten-sasl-ht-09: HT-SHA-256-*, a login by a token in one message each way */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { FastTokens } from './fast-tokens.ts';
import { decodeText, usernameFrom } from './identity.ts';
import { type AuthContext, type ChannelBindingType, type Mechanism, SaslError, type SaslStep } from './mechanism.ts';

/** The last part of the name says what the token is used over. UNIQ is missing: TLS 1.3 has no tls-unique (RFC 9266 §3). */
const BINDINGS = { EXPR: 'tls-exporter', ENDP: 'tls-server-end-point', NONE: undefined } as const;
const STRENGTH = { EXPR: 3, ENDP: 2, NONE: 1 } as const;

const PROOF_BYTES = 32;

export interface HashedTokenParts {
  readonly tokens: FastTokens;
  readonly isAllowedWithoutTls: boolean;
}

export function createHashedTokens(parts: HashedTokenParts): Mechanism[] {
  return (['EXPR', 'ENDP', 'NONE'] as const).map((suffix) => {
    const name = `HT-SHA-256-${suffix}`;
    const binding = BINDINGS[suffix];
    return {
      name,
      strength: STRENGTH[suffix],
      isOffered: ({ secure, channelBindings }) =>
        (secure || parts.isAllowedWithoutTls) && (binding === undefined || channelBindings.includes(binding)),
      start: (context) => ({
        step: (response) =>
          response === undefined
            ? { challenge: new Uint8Array() }
            : logIn(name, binding, parts.tokens, context, response),
      }),
    };
  });
}

/** The message is the username, a zero, and the proof. */
async function logIn(
  mechanism: string,
  binding: ChannelBindingType | undefined,
  tokens: FastTokens,
  context: AuthContext,
  response: Uint8Array,
): Promise<SaslStep> {
  const end = response.indexOf(0);
  const proof = response.subarray(end + 1);
  if (end <= 0 || proof.length !== PROOF_BYTES) throw new SaslError('malformed-request', 'not a message of HT-SHA-256');
  if (context.token === undefined)
    throw new SaslError('malformed-request', 'a token belongs to a user agent with an id');
  const username = usernameFrom(decodeText(response.subarray(0, end)));
  const bound = binding === undefined ? new Uint8Array() : context.channelBinding(binding);
  if (bound === undefined) throw new SaslError('not-authorized', 'the channel cannot be bound to');
  const account = await context.accounts.get(username);
  if (account === undefined || account.disabled) throw new SaslError('not-authorized');
  const isProved = (secret: string) => timingSafeEqual(hmac(secret, 'Initiator', bound), proof);
  const token = await tokens.use({ username, mechanism, ...context.token }, isProved);
  if (token === undefined) throw new SaslError('not-authorized');
  if (token === 'expired') throw new SaslError('credentials-expired');
  return { username, data: hmac(token.secret, 'Responder', bound) };
}

function hmac(secret: string, role: 'Initiator' | 'Responder', bound: Uint8Array): Buffer {
  return createHmac('sha256', secret).update(role).update(bound).digest();
}
