/** The web pages of the HTTP listeners */
import { z } from 'zod';

export const httpSchema = z
  .strictObject({
    chat_page: z.boolean().default(true).describe('Whether /chat of every HTTP listener is a chat client for browsers'),
    scene_page: z
      .boolean()
      .default(true)
      .describe('Whether /scene of every HTTP listener is a small game in the scene `plaza`, for browsers'),
    api: z
      .enum(['off', 'loopback', 'on'])
      .default('loopback')
      .describe(
        'Which HTTP listeners have the commands of administrators under /v1, and /metrics: none, those on a loopback address without a PROXY header, or those with TLS and all on a loopback address',
      ),
    api_body_bytes: z
      .int()
      .min(1_024)
      .max(16_777_216)
      .default(1_048_576)
      .describe('Largest body of a request to /v1, in bytes'),
  })
  .describe('HTTP');

export type HttpConfig = z.output<typeof httpSchema>;
