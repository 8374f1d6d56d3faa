/** Federation: how streams with servers of other domains are found, secured and bounded */
import { z } from 'zod';
import { domainName } from './domain-name.ts';

/** `host:port`, an IPv6 address in brackets. */
const HOST_AND_PORT = /^(\[[\da-f:.]+\]|[^\s[\]:/]+):(\d{1,5})$/i;

const address = z.string().regex(/^(tls:\/\/)?(\[[\da-f:.]+\]|[^\s[\]:/]+):\d{1,5}$/i, {
  error: 'is not host:port, or tls://host:port for TLS from the first byte',
});
const dnsServer = z.string().regex(/^(\d{1,3}(\.\d{1,3}){3}|\[[\da-f:.]+\])(:\d{1,5})?$/i, {
  error: 'is no IP address with a port, such as 192.0.2.1:53',
});
const pemFile = z.string().min(1);

export const s2sSchema = z
  .strictObject({
    enabled: z
      .boolean()
      .default(true)
      .describe('Whether users talk with those of other servers; off: no listener of transport `s2s` is opened either'),
    secure: z
      .enum(['required', 'optional'])
      .default('required')
      .describe('Streams without TLS are refused, or let in with dialback alone')
      .meta({ reload: 'live' }),
    dialback: z
      .boolean()
      .default(true)
      .describe(
        'A server whose certificate does not prove its domain is asked back (XEP-0220); off: certificates have to prove it, both ways',
      )
      .meta({ reload: 'live' }),
    ca: pemFile
      .optional()
      .describe(
        'PEM file of the only authorities that are believed; default: those Node.js brings. Relative to the configuration file',
      ),
    pinned: z
      .record(domainName, pemFile)
      .default({})
      .describe('By domain, the PEM file of the only authorities believed for it'),
    servers: z
      .record(domainName, address)
      .default({})
      .describe('By domain, where its server is, without asking DNS: `host:port`, or `tls://host:port` for direct TLS')
      .meta({ reload: 'live' }),
    dns: z
      .array(dnsServer)
      .default([])
      .describe('DNS servers, such as `192.0.2.1:53`; without any, those of the system'),
    allow: z
      .array(domainName)
      .default([])
      .describe('The only domains there is federation with, each with its subdomains; without any: all')
      .meta({ reload: 'live' }),
    block: z
      .array(domainName)
      .default([])
      .describe('Domains there is no federation with, each with its subdomains')
      .meta({ reload: 'live' }),
    connect_seconds: z
      .int()
      .min(1)
      .max(600)
      .default(30)
      .describe(
        'Time in which a stream to a server has to be found, opened and authenticated; a third of it where one is resumed',
      ),
    retry_seconds: z
      .int()
      .min(1)
      .max(3_600)
      .default(300)
      .describe('Longest wait before a server that failed is tried again; the first is 1 s, and each is doubled'),
    queue_stanzas: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(10_000)
      .describe('Most stanzas that wait for one domain; those above are answered with an error'),
    queue_bytes: z.int().min(10_000).max(1_073_741_824).default(16_777_216).describe('The same in bytes'),
    queue_seconds: z
      .int()
      .min(1)
      .max(86_400)
      .default(60)
      .describe(
        'Longest time a stanza waits for a server that cannot be reached just now; then it is answered with an error',
      ),
    idle_seconds: z
      .int()
      .min(1)
      .max(86_400)
      .default(600)
      .describe('Streams on which no stanza passes for that long are closed'),
    resume_seconds: z
      .int()
      .min(0)
      .max(86_400)
      .default(300)
      .describe('How long a stream whose connection is lost can be resumed (XEP-0198); 0: not'),
    bytes_per_second: z
      .int()
      .min(1_000)
      .max(1_073_741_824)
      .default(1_048_576)
      .describe('What is read from one domain, on average over 10 s; what is above waits at its server')
      .meta({ reload: 'live' }),
    streams_per_domain: z
      .int()
      .min(1)
      .max(10_000)
      .default(10)
      .describe(
        'Most incoming streams of one domain; with one more the oldest is closed. As many more may wait to be resumed, and then the oldest is given up',
      )
      .meta({ reload: 'live' }),
    pending_streams: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(1_000)
      .describe('Most incoming streams that have proved no domain yet; those above are refused')
      .meta({ reload: 'live' }),
    domains_per_stream: z
      .int()
      .min(1)
      .max(10_000)
      .default(100)
      .describe('Most pairs of domains on one stream (multiplexing, XEP-0220 §2.6)')
      .meta({ reload: 'live' }),
    domains: z
      .int()
      .min(1)
      .max(10_000_000)
      .default(10_000)
      .describe('Most domains there are streams with, or stanzas waiting for; stanzas for others are refused')
      .meta({ reload: 'live' }),
    metrics_domains: z
      .int()
      .min(0)
      .max(10_000)
      .default(100)
      .describe('How many domains have metrics of their own, the first there is a stream with; the others are one')
      .meta({ reload: 'live' }),
  })
  .describe('Federation');

export type S2sConfig = z.output<typeof s2sSchema>;

/** A host with its port, as `servers` and `dns` name them. */
export function parseHostPort(text: string): { readonly host: string; readonly port: number } | undefined {
  const [, host = '', port = ''] = HOST_AND_PORT.exec(text) ?? [];
  return host === '' ? undefined : { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}
