/** MD5-CHALLENGE, for old game clients: the username, a zero, and in hexadecimal the MD5 of nonce, username and password */
import { createHash, timingSafeEqual } from 'node:crypto';
import { type AuthContext, decodeText, type Mechanism, SaslError, type SaslStep, usernameFrom } from '#core';

/** The weakest: who listens can try passwords against what he has heard. */
const STRENGTH = 1;
const FORM = /^([^\0]+)\0([\da-f]{32})$/;

/** @param takeNonce the nonce that the client was given; undefined when it was used already or is too old */
export function md5Challenge(takeNonce: () => string | undefined): Mechanism {
  return {
    name: 'MD5-CHALLENGE',
    strength: STRENGTH,
    isOffered: ({ secure, accounts: { recoverable } }) =>
      recoverable !== undefined && (secure || recoverable.isAllowedInClear),
    start: (context) => ({ step: (response) => logIn(context, takeNonce(), response) }),
  };
}

async function logIn(
  { accounts }: AuthContext,
  nonce: string | undefined,
  response: Uint8Array | undefined,
): Promise<SaslStep> {
  const [, name = '', digest = ''] = FORM.exec(decodeText(response ?? new Uint8Array())) ?? [];
  if (digest === '') throw new SaslError('malformed-request', 'not a message of MD5-CHALLENGE');
  const username = usernameFrom(name);
  const account = await accounts.get(username);
  const password = await accounts.recoverable?.password(username);
  // One path for all, as far as that matters with MD5: what is missing shows only after the work is done.
  const expected = createHash('md5')
    .update(`${nonce ?? ''}${name}${password ?? ''}`)
    .digest();
  const isRight = timingSafeEqual(expected, Buffer.from(digest, 'hex'));
  if (!isRight || nonce === undefined || password === undefined || account === undefined || account.disabled) {
    throw new SaslError('not-authorized');
  }
  return { username };
}
