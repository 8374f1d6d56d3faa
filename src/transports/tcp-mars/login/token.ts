/** TOKEN: a JSON Web Token, or whatever else the auth provider takes, in one message (RFC 6750) */
import { decodeText, type Mechanism, SaslError } from '#core';

/** Between SCRAM and PLAIN. */
const STRENGTH = 40;

export const token: Mechanism = {
  name: 'TOKEN',
  strength: STRENGTH,
  isOffered: ({ secure, accounts }) => secure && accounts.verifyToken !== undefined,
  start: ({ accounts, address }) => ({
    async step(response) {
      if (response === undefined) throw new SaslError('malformed-request', 'the token is missing');
      const username = await accounts.verifyToken?.(decodeText(response), address);
      if (username === undefined) throw new SaslError('not-authorized');
      return { username };
    },
  }),
};
