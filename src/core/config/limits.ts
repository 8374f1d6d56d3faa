/** Bounds on what peers may send, in one place */
import { z } from 'zod';

export const limitsSchema = z.strictObject({
  stanza_bytes: z
    .int()
    .min(10_000)
    .max(16_777_216)
    .default(262_144)
    .describe('Largest stanza of an authenticated client, in bytes (RFC 6120 §13.12: at least 10,000)'),
  stanza_bytes_before_login: z
    .int()
    .min(1_000)
    .max(1_048_576)
    .default(16_384)
    .describe('Largest element before login, in bytes'),
  depth: z.int().min(8).max(1_024).default(128).describe('Deepest nesting of elements in a stanza'),
  attributes: z.int().min(8).max(1_024).default(64).describe('Most attributes of one element'),
  children: z.int().min(16).max(1_000_000).default(10_000).describe('Most children of one element'),
  login_seconds: z.int().min(1).max(3_600).default(30).describe('Time a connection has to authenticate and bind'),
  send_queue_bytes: z
    .int()
    .min(65_536)
    .max(1_073_741_824)
    .default(4_194_304)
    .describe('Most bytes waiting for one slow reader before it is disconnected'),
  idle_seconds: z.int().min(1).max(86_400).default(300).describe('Silence after which a client is pinged'),
  ping_seconds: z.int().min(1).max(3_600).default(30).describe('Time to answer that ping before the session ends'),
  failed_logins: z
    .int()
    .min(1)
    .max(100_000)
    .default(20)
    .describe('Failed logins per address, and per account, in failed_login_minutes'),
  failed_login_minutes: z.int().min(1).max(1_440).default(10).describe('Time over which failed logins are counted'),
  token_clients_per_account: z
    .int()
    .min(1)
    .max(1_000)
    .default(20)
    .describe('Most clients of one account that have a token (FAST); the one whose token is oldest loses it'),
  sessions_per_account: z.int().min(1).max(10_000).default(50).describe('Most simultaneous sessions of one account'),
  logins_per_second: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(1_000)
    .describe('Logins let in per second, besides those that go on with a session or have a token; the others wait'),
  login_queue: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(10_000)
    .describe(
      'Most logins that wait, and no longer than half of login_seconds; those above are told when to come back',
    ),
  connections_per_address: z
    .int()
    .min(1)
    .max(10_000_000)
    .default(100_000)
    .describe('Most simultaneous connections of one address'),
});

export type Limits = z.output<typeof limitsSchema>;
