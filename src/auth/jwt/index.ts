/** RFC 7519: JSON Web Tokens instead of passwords */
import { z } from 'zod';
import { defineAuthProvider } from '#core';
import { signatureKey } from './signature-key.ts';
import { TokenVerifier } from './token-verifier.ts';

const config = z
  .strictObject({
    // RFC 7518 §3.2
    secret: z
      .string()
      .min(32)
      .optional()
      .describe('Secret shared with who signs the tokens (HS256); 32 characters or more'),
    public_key: z
      .string()
      .min(1)
      .optional()
      .describe('PEM file, relative to the configuration file, of an RSA key (RS256) or a P-256 key (ES256)'),
    jwks_url: z
      .url({ protocol: /^https?$/, error: 'is no HTTP URL' })
      .optional()
      .describe('Where the keys are published as a JWK Set (RS256 and ES256)'),
    claim: z.string().min(1).default('sub').describe('The claim that names the account, by localpart or bare JID'),
    issuer: z.string().min(1).optional().describe('What the claim `iss` has to be; default: anything'),
    audience: z
      .string()
      .min(1)
      .optional()
      .describe('What the claim `aud` has to name; default: the host, if it is there'),
  })
  .refine(({ secret, public_key, jwks_url }) => [secret, public_key, jwks_url].filter(Boolean).length === 1, {
    error: 'one of secret, public_key and jwks_url is needed, and only one',
  });

export type JwtOptions = z.output<typeof config>;

export default defineAuthProvider({
  name: 'jwt',
  config,
  create(options, host) {
    const verifier = new TokenVerifier(signatureKey(options, host), options, host);
    return {
      verifyPassword: async (username, token) => (await verifier.accountOf(token)) === username,
      verifyToken: (token) => verifier.accountOf(token),
    };
  },
});
