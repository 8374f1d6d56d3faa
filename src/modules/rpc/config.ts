import { z } from 'zod';
import { METHOD, SERVICE } from './names.ts';

/** The service that is meant where no other has the name; and of the methods, all. */
export const ANY = '*';

const service = z.union([z.literal(ANY), z.string().regex(SERVICE, 'is no name of a service')]);
const method = z.union([z.literal(ANY), z.string().regex(METHOD, 'is no name of a method')]);
const milliseconds = z.int().min(10).max(60_000);

const serviceSchema = z.strictObject({
  backend: z.string().min(1),
  idempotent: z.array(method).default([]),
  timeout_ms: milliseconds.optional(),
});

export const configSchema = z.strictObject({
  services: z
    .record(service, serviceSchema)
    .default({})
    .describe(
      'Services by name; `*` for those that have none here. Each has a `backend`, one of rpc.backends; `idempotent`, a list of methods that may be called again when an instance fails, `*` for all; and may have a `timeout_ms` of its own',
    ),
  timeout_ms: milliseconds
    .default(5_000)
    .describe('Longest time for an answer, in ms. Game clients never wait longer than 5 s'),
  retries: z.int().min(0).max(5).default(1).describe('How often an idempotent call is tried again, within that time'),
  request_bytes: z.int().min(0).max(524_288).default(65_536).describe('Largest body of a call'),
  answer_bytes: z.int().min(0).max(524_288).default(65_536).describe('Largest body of an answer or a notification'),
  headers: z.int().min(0).max(1_000).default(32).describe('Most headers of a call, an answer or a notification'),
  header_bytes: z.int().min(0).max(65_536).default(8_192).describe('Most bytes of their names and values together'),
  calls_per_session: z.int().min(1).max(10_000).default(16).describe('Most calls of one session under way'),
  calls: z.int().min(1).max(1_000_000).default(10_000).describe('Most calls of all sessions under way'),
  failures: z
    .int()
    .min(1)
    .max(1_000)
    .default(5)
    .describe('Failures in a row after which an instance of a backend is left alone'),
  rest_seconds: z.int().min(1).max(3_600).default(10).describe('How long it is, before one call tries it again'),
});

export type RpcConfig = z.output<typeof configSchema>;
