import { type Command, defineCommand, Jid, message, NS_CLIENT, ns, StanzaError, type VirtualHost } from '#core';
import { accountOf, hostOf } from './addresses.ts';
import { Broadcasts } from './broadcasts.ts';
import type { ServerControl } from './server-control.ts';
import { messageBroadcast, messageProgress, messageSend, messageStop } from './specs.ts';

const client = ns(NS_CLIENT);
const hint = ns('urn:xmpp:hints');

interface Text {
  readonly body: string;
  readonly subject?: string | undefined;
  readonly type: 'normal' | 'headline';
  readonly store: boolean;
}

export function messageCommands({ router }: ServerControl): Command[] {
  const broadcasts = new Broadcasts();
  return [
    defineCommand({
      ...messageSend,
      async run({ jid: text, ...wanted }) {
        const { host, jid } = accountOf(router, text);
        if (!(await host.accounts.exists(jid.local))) {
          throw new StanzaError('item-not-found', `there is no account ${jid}`);
        }
        await router.route(written(wanted).with({ to: jid, from: host.domain }));
        return { jid: jid.toString() };
      },
    }),
    defineCommand({
      ...messageBroadcast,
      run({ users, host, ...wanted }) {
        const to = users === undefined ? online(host) : users.map((user) => accountOf(router, user).jid);
        // Written once; each copy has its own addresses only.
        const text = written(wanted);
        return broadcasts.start(
          to,
          (user) => void router.route(text.with({ to: user, from: Jid.of('', user.domain) })),
        );
      },
    }),
    defineCommand({ ...messageProgress, run: ({ id }) => broadcasts.named(id).status }),
    defineCommand({
      ...messageStop,
      run({ id }) {
        const broadcast = broadcasts.named(id);
        broadcast.stop();
        return broadcast.status;
      },
    }),
  ];

  function online(host: string | undefined): Jid[] {
    const hosts: Iterable<VirtualHost> = host === undefined ? router.hosts : [hostOf(router, host)];
    const users = new Map<string, Jid>();
    for (const { sessions } of hosts) {
      for (const { user, available } of sessions) if (available) users.set(user.toString(), user);
    }
    return [...users.values()];
  }
}

function written({ body, subject, type, store }: Text) {
  return message(
    { type },
    subject === undefined ? undefined : client('subject', {}, subject),
    client('body', {}, body),
    store ? undefined : hint('no-store'),
  );
}
