/** Passwords that an HTTP service knows: docs/authentication.md is its side of it */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { defineAuthProvider } from '#core';
import { Callback } from './callback.ts';
import { NegativeCache } from './negative-cache.ts';

const httpUrl = z.url({ protocol: /^https?$/, error: 'is no HTTP URL' });

const config = z.strictObject({
  url: httpUrl.describe('Where a login is posted to'),
  exists_url: httpUrl
    .optional()
    .describe('Where it is asked whether there is an account; without it, only those exist that have logged in'),
  authorization: z.string().min(1).optional().describe('Sent as the header Authorization, such as `Bearer …`'),
  timeout_seconds: z
    .int()
    .min(1)
    .max(60)
    .default(5)
    .describe('Longest time for an answer, the wait for a turn included'),
  parallel: z.int().min(1).max(1_000).default(16).describe('Most requests at once'),
  queue: z.int().min(0).max(100_000).default(1_000).describe('Most requests that wait for a turn; those above fail'),
  negative_cache_seconds: z
    .int()
    .min(0)
    .max(3_600)
    .default(0)
    .describe('How long an answer of no is remembered for the same question; 0: not at all'),
});

export type HttpAuthOptions = z.output<typeof config>;

export default defineAuthProvider({
  name: 'http',
  config,
  create(options, host) {
    const { domain } = host;
    const { url, exists_url } = options;
    const callback = new Callback(options, host);
    const refused = new NegativeCache(host.clock, options.negative_cache_seconds * 1_000);
    const absent = new NegativeCache(host.clock, options.negative_cache_seconds * 1_000);
    return {
      verifyPassword: (username, password, address) =>
        refused.ask(digest(username, password), () => callback.ask(url, { username, password, domain, address })),
      ...(exists_url !== undefined && {
        exists: (username: string) => absent.ask(username, () => callback.ask(exists_url, { username, domain })),
      }),
    };
  },
});

/** Passwords are not kept, not even wrong ones. A username has no NUL. */
function digest(username: string, password: string): string {
  return createHash('sha256').update(`${username}\0${password}`).digest('base64');
}
