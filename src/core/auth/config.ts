/** How the users of a host log in */
import { z } from 'zod';

export const authSchema = z.strictObject({
  mechanisms: z
    .array(z.string().regex(/^[A-Z0-9_-]{1,20}$/, 'is not the name of a SASL mechanism'))
    .min(1)
    .optional()
    .describe('The only SASL mechanisms to offer, by name; default: all that are possible on the link'),
  plain_without_tls: z
    .boolean()
    .default(false)
    .describe('Offer PLAIN on links without TLS: everybody can read the passwords'),
  anonymous: z.boolean().default(false).describe('Let anybody in without an account (ANONYMOUS, XEP-0175)'),
  client_ca: z
    .string()
    .min(1)
    .optional()
    .describe('File with the certificates (PEM) of the authorities that sign client certificates'),
  external: z
    .boolean()
    .default(true)
    .describe('Accept client certificates signed by client_ca as logins (EXTERNAL, XEP-0178)'),
  fast: z
    .boolean()
    .optional()
    .describe(
      'Give clients tokens to log in with in one round trip (FAST, XEP-0484). Default: yes where passwords are stored here; another place of passwords could not end a token',
    ),
  fast_token_days: z
    .int()
    .min(1)
    .max(365)
    .default(21)
    .describe('Days a token lasts; clients that log in get a new one each day'),
  fast_without_tls: z
    .boolean()
    .default(false)
    .describe('Take tokens on links without TLS, for listeners behind a proxy that has it'),
  md5_challenge: z
    .enum(['off', 'encrypted', 'any'])
    .default('off')
    .describe(
      'Let old game clients log in by MD5-CHALLENGE: on encrypted links only, or on any, where passwords can be guessed by who listens. The passwords of accounts made from then on are kept such that the server can read them',
    ),
  iterations: z
    .int()
    .min(10_000)
    .max(10_000_000)
    .default(10_000)
    .describe('PBKDF2 iterations for passwords set from now on; clients do as many at each SCRAM login'),
  resource_conflict: z
    .enum(['replace', 'refuse', 'rename'])
    .default('replace')
    .describe(
      'A login with a resource that is in use: ends the older session, is refused, or gets another resource (RFC 6120 §7.7.2.2)',
    ),
  credentials: z
    .enum(['scram', 'argon2'])
    .default('scram')
    .describe(
      'How passwords of new accounts are kept: SCRAM keys, or argon2id, which works with PLAIN only (set mechanisms to [PLAIN])',
    ),
});

export interface AuthConfig extends z.output<typeof authSchema> {
  /** The name of an auth provider, and its options as it has validated them; absent: passwords are stored here. */
  readonly provider?: { readonly name: string; readonly options: unknown } | undefined;
}
