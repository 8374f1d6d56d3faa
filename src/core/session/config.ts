/** How many sessions an account may have, and of which kinds */
import { z } from 'zod';

const pattern = z.string().refine(isPattern, { error: 'is no regular expression' });

const classSchema = z.strictObject({
  name: z.string().regex(/^[a-z\d-]{1,32}$/, 'is not of lower-case letters, digits and hyphens'),
  resource: pattern.optional(),
  software: pattern.optional(),
  transport: z.string().min(1).optional(),
  most: z.int().min(1).max(10_000),
  wins: z.enum(['newest', 'oldest']).default('newest'),
});

export const sessionsSchema = z
  .strictObject({
    wins: z
      .enum(['newest', 'oldest'])
      .default('oldest')
      .describe(
        'Who stays when an account has limits.sessions_per_account: the newest takes the place of the oldest, or is refused',
      ),
    classes: z
      .array(classSchema)
      .default([])
      .describe('Kinds of sessions of which an account may have only so many, as the [guide](sessions.md) says'),
  })
  .meta({ reload: 'live' })
  .describe('Sessions');

/** Read each time it is used: a reload changes it. */
export type SessionPolicy = z.output<typeof sessionsSchema>;
export type SessionClass = z.output<typeof classSchema>;

function isPattern(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}
