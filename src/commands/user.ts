import { type Command, defineCommand, type Jid, momentOf, StanzaError, StreamError, type VirtualHost } from '#core';
import { accountOf, hostOf } from './addresses.ts';
import type { ServerControl } from './server-control.ts';
import {
  userAdd,
  userBan,
  userDelete,
  userDisable,
  userEnable,
  userList,
  userPasswd,
  userUnban,
} from './specs/user.ts';

export function userCommands({ router, clock }: ServerControl): Command[] {
  async function change(text: string, act: (host: VirtualHost, jid: Jid) => Promise<unknown>) {
    const { host, jid } = accountOf(router, text);
    try {
      await act(host, jid);
    } catch (error) {
      throw inWords(error, jid);
    }
    return { jid: jid.toString() };
  }

  return [
    defineCommand({
      ...userAdd,
      run: ({ jid, password, credentials }) =>
        change(jid, (host, { local }) => host.createAccount(local, password, credentials)),
    }),
    defineCommand({
      ...userPasswd,
      run: ({ jid, password }) => change(jid, (host, { local }) => host.accounts.setPassword(local, password)),
    }),
    defineCommand({ ...userDelete, run: ({ jid }) => change(jid, (host, { local }) => host.deleteAccount(local)) }),
    defineCommand({
      ...userDisable,
      run: ({ jid }) =>
        change(jid, async (host, user) => {
          await host.accounts.setDisabled(user.local, true);
          // RFC 6120 §4.9.3.12, as for a deleted account: what authorized the stream is gone.
          const error = new StreamError('not-authorized', 'account disabled');
          for (const session of host.sessions.of(user)) session.close(error);
        }),
    }),
    defineCommand({
      ...userEnable,
      run: ({ jid }) => change(jid, (host, { local }) => host.accounts.setDisabled(local, false)),
    }),
    defineCommand({
      ...userBan,
      async run({ jid: text, until: time, reason }) {
        const { host, jid } = accountOf(router, text);
        const until = momentOf(time, clock.now());
        if (!(await host.accounts.exists(jid.local))) {
          throw new StanzaError('item-not-found', `there is no account ${jid}`);
        }
        await host.ban(jid, { until, reason });
        return { jid: jid.toString(), until: new Date(until).toISOString() };
      },
    }),
    defineCommand({
      ...userUnban,
      async run({ jid: text }) {
        const { host, jid } = accountOf(router, text);
        if (!(await host.bans.lift(jid.local))) throw new StanzaError('item-not-found', `${jid} is not banned`);
        return { jid: jid.toString() };
      },
    }),
    defineCommand({
      ...userList,
      async run({ host, after, limit }) {
        const start = after === undefined ? undefined : accountOf(router, after).jid;
        const users = [];
        for (const each of host === undefined ? router.hosts : [hostOf(router, host)]) {
          const domain = each.domain.toString();
          if (start !== undefined && host === undefined && precedes(router.hosts, domain, start.domain)) continue;
          const from = start?.domain === domain ? start.local : undefined;
          // One more than asked for tells whether there are more.
          for (const found of await each.accounts.list(from, limit + 1 - users.length)) {
            const created = new Date(found.created).toISOString();
            users.push({ jid: each.userJid(found.username).toString(), disabled: found.disabled, created });
          }
          if (users.length > limit) break;
        }
        return { users: users.slice(0, limit), more: users.length > limit };
      },
    }),
  ];
}

function precedes(hosts: Iterable<VirtualHost>, domain: string, other: string): boolean {
  for (const host of hosts) {
    if (host.domain.domain === other) return false;
    if (host.domain.domain === domain) return true;
  }
  return false;
}

/** The refusals of Accounts name no account, and some have no text. */
function inWords(error: unknown, jid: Jid): unknown {
  if (!(error instanceof StanzaError)) return error;
  switch (error.condition) {
    case 'conflict':
      return new StanzaError('conflict', `${jid} exists already`, { cause: error });
    case 'item-not-found':
      return new StanzaError('item-not-found', `there is no account ${jid}`, { cause: error });
    default:
      return error;
  }
}
