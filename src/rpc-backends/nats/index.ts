/** Services behind NATS (docs.nats.io, request and reply); docs/protocol/rpc.md §8.2 is their side of it */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { credsAuthenticator } from '@nats-io/transport-node';
import { z } from 'zod';
import { defineRpcBackend } from '#core';
import { NatsInstance } from './nats-instance.ts';

const subject = z.string().regex(/^[\w-]+(?:\.[\w-]+)*$/, 'is no subject');

const config = z.strictObject({
  servers: z
    .array(z.string().min(1))
    .min(1)
    .default(['nats://127.0.0.1:4222'])
    .describe('Servers of one NATS system; `tls://` where TLS is a must'),
  token: z.string().min(1).optional().describe('To log in'),
  username: z.string().min(1).optional().describe('To log in'),
  password: z.string().min(1).optional().describe('To log in'),
  credentials: z.string().min(1).optional().describe('File with a JWT and its key (.creds), to log in'),
  prefix: subject.default('rpc').describe('Calls are requests to `<prefix>.<service>.<method>`'),
  notify_prefix: subject
    .optional()
    .describe(
      'What is published to `<notify_prefix>.<service>.<type>` goes to the users its headers `tharsis-to` name. Default: nobody listens there',
    ),
});

export type NatsOptions = z.output<typeof config>;

export default defineRpcBackend({
  name: 'nats',
  config,
  create(options, host) {
    const { servers, token, username: user, password: pass, credentials } = options;
    const login = {
      ...(token !== undefined && { token }),
      ...(user !== undefined && { user }),
      ...(pass !== undefined && { pass }),
      ...(credentials !== undefined && {
        authenticator: credsAuthenticator(readFileSync(resolve(host.dir, credentials))),
      }),
    };
    const instance = new NatsInstance({ servers, ...login }, options, host);
    return { instances: [instance], close: () => instance.close() };
  },
});
