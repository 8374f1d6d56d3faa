import { z } from 'zod';
import { Jid } from '../jid/index.ts';

export const domainName = z
  .string()
  .refine((text) => Jid.tryParse(text)?.toString() === text && Jid.tryParse(text)?.domain === text, {
    error: 'not a domain name in lower case without a trailing dot',
  });
