import type { ListenerStatus } from '../commands/index.ts';

export interface BannerFacts {
  readonly version: string;
  readonly domains: readonly string[];
  readonly listeners: readonly ListenerStatus[];
  readonly dataDir: string;
}

/** What a person does next, once the server serves. */
export function banner({ version, domains, listeners, dataDir }: BannerFacts): string {
  const [domain = 'localhost'] = domains;
  const onData = dataDir === './data' ? '' : ` --data ${dataDir}`;
  const chat = chatUrl(listeners, domain);
  return [
    `Tharsis ${version} serves ${domains.join(', ')} with its data in ${dataDir}`,
    '',
    ...listeners.map(({ transport, address, port, tls, publicKey }) => {
      const where = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
      return `  ${transport.padEnd(10)} ${where.padEnd(16)} ${encryptionInWords(tls, publicKey)}`.trimEnd();
    }),
    '',
    `Make an account:    npx tharsis user add alice@${domain}${onData}`,
    ...(chat === undefined ? [] : [`Chat in a browser:  ${chat}`]),
    `Look at the server: npx tharsis status${onData}`,
    'Stop it:            Ctrl-C',
    '',
  ].join('\n');
}

function encryptionInWords(tls: string | undefined, publicKey: string | undefined): string {
  if (publicKey !== undefined) return `TLS, or Noise with the key ${publicKey}`;
  switch (tls) {
    case 'required':
      return 'STARTTLS required';
    case 'optional':
      return 'STARTTLS offered';
    case 'starttls':
      return 'STARTTLS';
    case 'direct':
      return 'TLS';
    default:
      return 'no TLS';
  }
}

/** The page is on every HTTP listener; browsers know the plain one on the loopback interface as a secure context. */
function chatUrl(listeners: readonly ListenerStatus[], domain: string): string | undefined {
  const web = listeners.filter(({ transport }) => transport === 'websocket');
  const plain = web.find(({ tls }) => tls !== 'direct');
  if (plain !== undefined) return `http://localhost:${plain.port}/chat`;
  return web[0] === undefined ? undefined : `https://${domain}:${web[0].port}/chat`;
}
