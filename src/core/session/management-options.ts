/** What the configuration says of sessions whose stanzas are acknowledged, on each transport that has such */
import { z } from 'zod';
import type { ManagementRules } from './management.ts';

export const managementOptions = {
  resume_seconds: z
    .int()
    .min(0)
    .max(86_400)
    .default(300)
    .describe('How long a session whose connection is lost waits to be resumed; 0: it ends with its connection'),
  max_unacked_stanzas: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(10_000)
    .describe('Most stanzas a client may leave unacknowledged; with more its session ends and they go elsewhere'),
  max_unacked_bytes: z
    .int()
    .min(10_000)
    .max(1_073_741_824)
    .default(2_097_152)
    .describe('The same in bytes. Less than limits.send_queue_bytes, or they cannot be sent at once when it resumes'),
  ask_after_stanzas: z
    .int()
    .min(1)
    .max(10_000)
    .describe('Unacknowledged stanzas at which the server asks for an acknowledgement, unless it waits for one'),
};

interface ManagementConfig {
  readonly max_unacked_stanzas: number;
  readonly max_unacked_bytes: number;
  readonly ask_after_stanzas: number;
}

export function managementLimits(config: ManagementConfig): Omit<ManagementRules, 'ask' | 'tell'> {
  return {
    maxStanzas: config.max_unacked_stanzas,
    maxSize: config.max_unacked_bytes,
    askAfter: config.ask_after_stanzas,
  };
}
