/** RFC 9110: services behind HTTP; docs/protocol/rpc.md §8.1 is their side of it */
import { z } from 'zod';
import { defineRpcBackend } from '#core';
import { HttpInstance } from './http-instance.ts';

const config = z.strictObject({
  urls: z
    .array(z.url({ protocol: /^https?$/, error: 'is no HTTP URL' }).refine(isBase, { error: 'has a query or a user' }))
    .min(1)
    .describe('Where the instances are; calls are posted to `<url>/<service>/<method>`'),
  authorization: z.string().min(1).optional().describe('Sent as the header Authorization, such as `Bearer …`'),
  content_type: z
    .string()
    .regex(/^[\w.+-]+\/[\w.+-]+$/, 'is no media type')
    .default('application/octet-stream')
    .describe('Of the bodies, both ways; an answer of another type is not passed on'),
  connections: z.int().min(1).max(10_000).default(64).describe('Most connections to an instance; calls above wait'),
  idle_seconds: z
    .int()
    .min(1)
    .max(3_600)
    .default(4)
    .describe('How long a connection without a call stays open; it has to be less than the services allow'),
});

export type HttpOptions = z.output<typeof config>;

export default defineRpcBackend({
  name: 'http',
  config,
  create(options) {
    const instances = options.urls.map((url) => new HttpInstance(url, options));
    return {
      instances,
      close() {
        for (const instance of instances) instance.close();
      },
    };
  },
});

function isBase(text: string): boolean {
  const { search, hash, username, password } = new URL(text);
  return `${search}${hash}${username}${password}` === '';
}
