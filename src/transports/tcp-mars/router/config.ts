/** Which game servers may speak for their users */
import { z } from 'zod';
import { networkSchema } from '#core';

const pattern = z.string().refine(isPattern, { error: 'is no regular expression' });

export const routerSchema = z.strictObject({
  name: z.string().regex(/^[a-z\d-]{1,32}$/, 'is not of lower-case letters, digits and hyphens'),
  secret: z.string().min(32),
  addresses: z.array(networkSchema).min(1),
  domains: z.array(z.string().min(1)).min(1),
  users: pattern.default('.'),
});

export const routerOptions = {
  routers: z
    .array(routerSchema)
    .default([])
    .describe(
      'Game servers that stand in for users they have authenticated themselves: name, secret (32 characters or more), addresses and networks they come from, domains, and a pattern for the names of their users',
    ),
  router_flush_ms: z
    .int()
    .min(0)
    .max(1_000)
    .default(20)
    .describe('How long a stanza for a user behind a router waits for others, to go in one frame'),
  router_flush_bytes: z
    .int()
    .min(1_024)
    .max(65_536)
    .default(32_768)
    .describe('Bytes of them that do not wait any longer'),
  router_grace_seconds: z
    .int()
    .min(0)
    .max(3_600)
    .default(10)
    .describe('How long the users of a router whose connection is lost stay, for it to come back'),
  router_users: z.int().min(1).max(1_000_000).default(100_000).describe('Most users behind one router connection'),
};

export type RouterRule = z.output<typeof routerSchema>;

function isPattern(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}
