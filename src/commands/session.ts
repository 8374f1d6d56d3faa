import { type ClientSession, type Command, defineCommand, NS_SESSIONS, ns, StreamError, type VirtualHost } from '#core';
import { accountOf, hostOf, parseJid, sessionsAt } from './addresses.ts';
import type { ServerControl } from './server-control.ts';
import { sessionCount, sessionKick, sessionList } from './specs/session.ts';

export function sessionCommands({ router }: ServerControl): Command[] {
  return [
    defineCommand({
      ...sessionList,
      run({ jid, after, limit }) {
        const found = jid === undefined ? sessionsOf(router.hosts) : accountSessions(jid);
        // One more than asked for tells whether there are more.
        const page = firstOf(found, after === undefined ? '' : parseJid(after).toString(), limit + 1);
        return { sessions: page.slice(0, limit).map(describe), more: page.length > limit };
      },
    }),
    defineCommand({
      ...sessionCount,
      run({ host }) {
        const counted =
          host === undefined ? [...router.hosts].filter((each) => !each.isService) : [hostOf(router, host)];
        const users = new Set<string>();
        const transports = new Map<string, number>();
        for (const { user, connection } of sessionsOf(counted)) {
          users.add(user.toString());
          const { transport } = connection.peer;
          transports.set(transport, (transports.get(transport) ?? 0) + 1);
        }
        const hosts = counted.map(({ domain, sessions }) => ({ name: domain.toString(), sessions: sessions.size }));
        return {
          sessions: hosts.reduce((sum, { sessions }) => sum + sessions, 0),
          users: users.size,
          hosts,
          transports: [...transports].map(([name, sessions]) => ({ name, sessions })),
        };
      },
    }),
    defineCommand({
      ...sessionKick,
      run({ jid, reason }) {
        const kicked = sessionsAt(router, jid);
        // RFC 6120 §4.9.3.14: the one condition for what an administrator decides.
        const application = ns(NS_SESSIONS)('kicked');
        const error = new StreamError('policy-violation', reason ?? 'ended by an administrator', { application });
        for (const session of kicked) session.close(error);
        return { kicked: kicked.map((session) => session.jid.toString()) };
      },
    }),
  ];

  function accountSessions(text: string): Iterable<ClientSession> {
    const { host, jid } = accountOf(router, text);
    return host.sessions.of(jid);
  }
}

function* sessionsOf(hosts: Iterable<VirtualHost>): IterableIterator<ClientSession> {
  for (const host of hosts) yield* host.sessions;
}

/**
 * The first behind `after`, in the order of their JIDs: a walk from page to page misses nobody who stays, whoever comes and goes
 * meanwhile. No more than a few pages of them are ever sorted.
 */
function firstOf(sessions: Iterable<ClientSession>, after: string, most: number): ClientSession[] {
  let page: ClientSession[] = [];
  const cut = () => page.sort((a, b) => (a.jid.toString() < b.jid.toString() ? -1 : 1)).slice(0, most);
  for (const session of sessions) {
    if (session.jid.toString() > after) page.push(session);
    if (page.length > 4 * most) page = cut();
  }
  return cut();
}

function describe({ jid, connection, userAgent, available, priority, boundAt }: ClientSession) {
  return {
    jid: jid.toString(),
    transport: connection.peer.transport,
    address: connection.peer.address,
    device: userAgent?.device,
    software: userAgent?.software,
    tls: connection.secure,
    available,
    priority: available ? priority : 0,
    since: new Date(boundAt).toISOString(),
  };
}
