import { type Command, ConfigError, defineCommand, StanzaError } from '#core';
import type { ServerControl } from './server-control.ts';
import { serverReload, serverStatus, serverStop } from './specs/server.ts';

export function serverCommands(server: ServerControl): Command[] {
  return [
    defineCommand({
      ...serverStatus,
      run() {
        const { version, startedAt, uptimeSeconds, listeners } = server.status();
        const hosts = [...server.router.hosts].map(({ domain, sessions }) => ({
          domain: domain.toString(),
          sessions: sessions.size,
        }));
        return {
          version,
          node: process.version,
          pid: process.pid,
          started: new Date(startedAt).toISOString(),
          uptime_seconds: uptimeSeconds,
          memory_bytes: process.memoryUsage.rss(),
          sessions: hosts.reduce((sum, host) => sum + host.sessions, 0),
          hosts,
          listeners: listeners.map(({ transport, address, port, tls, publicKey }) => ({
            ...{ transport, address, port, tls },
            public_key: publicKey,
          })),
        };
      },
    }),
    defineCommand({
      ...serverReload,
      async run() {
        try {
          const changes = await server.reload();
          return { changes: changes.map(({ path, before, after, reload }) => ({ path, before, after, reload })) };
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error;
          throw new StanzaError('not-acceptable', `nothing was changed:\n${error.message}`, { cause: error });
        }
      },
    }),
    defineCommand({
      ...serverStop,
      run() {
        // Not awaited: the answer has to leave while the server still can. A failure is the starter's to report.
        server.stop().catch(() => {});
        return { pid: process.pid };
      },
    }),
  ];
}
