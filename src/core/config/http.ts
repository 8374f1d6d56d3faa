/** The web pages of the HTTP listeners */
import { z } from 'zod';

export const httpSchema = z
  .strictObject({
    chat_page: z.boolean().default(true).describe('Whether /chat of every HTTP listener is a chat client for browsers'),
  })
  .describe('HTTP');

export type HttpConfig = z.output<typeof httpSchema>;
