/** RFC 6120 §3.2, XEP-0368: where the server of a domain is */
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { parseHostPort } from '#core';
import { ConnectError } from './connect-error.ts';
import { type Dns, DnsError } from './dns.ts';
import { inOrder, type SrvRecord } from './srv-order.ts';
import type { Trace } from './trace.ts';

/** §14.7: registered for servers. */
const SERVER_PORT = 5269;

export interface Target {
  readonly host: string;
  readonly port: number;
  /** Whether TLS begins with the first byte. */
  readonly tls: 'starttls' | 'direct';
}

export interface Targets {
  /** In the order in which they are to be tried. */
  readonly list: readonly Target[];
  /** The domain itself, for want of anything that says where its server is (§3.2.2). */
  readonly isFallback: boolean;
}

export interface ResolveOptions {
  readonly dns: Dns;
  /** By domain, as in the configuration. */
  readonly servers: Readonly<Record<string, string>>;
  readonly random: () => number;
}

/** @throws ConnectError when the domain says that it has no server */
export async function resolveServer(domain: string, options: ResolveOptions, trace: Trace): Promise<Targets> {
  const configured = Object.hasOwn(options.servers, domain) ? options.servers[domain] : undefined;
  if (configured !== undefined) {
    trace.note(`the configuration (s2s.servers) says that ${domain} is at ${configured}`);
    return { list: [fromConfiguration(configured)], isFallback: false };
  }
  const host = asciiDomain(domain);
  if (isIP(host) !== 0) return { list: [{ host, port: SERVER_PORT, tls: 'starttls' }], isFallback: true };
  const [direct, starttls] = await Promise.all([
    lookUp(`_xmpps-server._tcp.${host}`, 'direct', options.dns, trace),
    lookUp(`_xmpp-server._tcp.${host}`, 'starttls', options.dns, trace),
  ]);
  const records = [...direct, ...starttls];
  const offered = records.filter(({ name }) => name !== '.' && name !== '');
  if (records.length > 0 && offered.length === 0) {
    // RFC 2782: the target "." says that there is no such service; no fallback then (§3.2.1, XEP-0368)
    throw new ConnectError('remote-server-not-found', `DNS says that ${domain} has no XMPP server (SRV target ".")`, {
      isFinal: true,
      step: 'dns',
    });
  }
  if (offered.length > 0) return { list: inOrder(offered, options.random).map(toTarget), isFallback: false };
  trace.note(`so ${host} itself is tried, on port ${SERVER_PORT}`);
  return { list: [{ host, port: SERVER_PORT, tls: 'starttls' }], isFallback: true };
}

/** A-labels, as DNS and certificates have them; an IPv6 address without its brackets. */
export function asciiDomain(domain: string): string {
  return domain.startsWith('[') ? domain.slice(1, -1) : domainToASCII(domain) || domain;
}

type Found = SrvRecord & Pick<Target, 'tls'>;

async function lookUp(name: string, tls: Target['tls'], dns: Dns, trace: Trace): Promise<Found[]> {
  try {
    const records = await dns.srv(name);
    const list = records.map(({ name: target, port, priority }) => `${target || '.'}:${port} (priority ${priority})`);
    trace.note(`DNS SRV ${name}: ${list.join(', ') || 'none'}`);
    return records.map((record) => ({ ...record, tls }));
  } catch (error) {
    if (!(error instanceof DnsError)) throw error;
    // §3.2.1 rule 7: without an answer the fallback is tried as well
    trace.note(`DNS SRV ${name}: ${error.message}`);
    return [];
  }
}

function toTarget({ name, port, tls }: Found): Target {
  return { host: name, port, tls };
}

function fromConfiguration(text: string): Target {
  const isDirect = text.startsWith('tls://');
  const { host = text, port = SERVER_PORT } = parseHostPort(isDirect ? text.slice('tls://'.length) : text) ?? {};
  return { host, port, tls: isDirect ? 'direct' : 'starttls' };
}
