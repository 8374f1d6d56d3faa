import {
  type Command,
  defineCommand,
  Jid,
  type Message,
  message,
  momentOf,
  type NoticeKind,
  NS_CLIENT,
  notice,
  ns,
  StanzaError,
  type VirtualHost,
} from '#core';
import { accountOf, hostOf, parseJid, sessionsAt } from './addresses.ts';
import { Broadcasts } from './broadcasts.ts';
import { Once } from './once.ts';
import type { ServerControl } from './server-control.ts';
import { messageBroadcast, messageProgress, messageSend, messageStop } from './specs/message.ts';

const client = ns(NS_CLIENT);
const hint = ns('urn:xmpp:hints');

interface Content {
  readonly body: string;
  readonly subject?: string | undefined;
  readonly type: 'normal' | 'headline';
  readonly store: boolean;
  readonly kind: NoticeKind;
  readonly expires?: string | undefined;
  readonly key?: string | undefined;
}

export function messageCommands({ router, clock }: ServerControl): Command[] {
  const broadcasts = new Broadcasts();
  const sent = new Once<Promise<{ jid: string }>>();
  return [
    defineCommand({
      ...messageSend,
      run({ jid, ...content }) {
        const { key } = content;
        const done = sent.run(key, () => send(parseJid(jid), content));
        done.catch(() => sent.forget(key));
        return done;
      },
    }),
    defineCommand({
      ...messageBroadcast,
      run({ users, host, ...content }) {
        const { key } = content;
        const known = key === undefined ? undefined : broadcasts.under(key);
        if (known !== undefined) return known;
        const to = users === undefined ? online(host) : users.map((user) => accountOf(router, user).jid);
        // Written once; each copy has its own addresses only.
        const { text, expiresAt = Number.POSITIVE_INFINITY } = written(content);
        return broadcasts.start(key, to, (user) => {
          if (clock.now() >= expiresAt) return false;
          void router.route(text.with({ to: user, from: Jid.of('', user.domain) }));
          return true;
        });
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

  async function send(jid: Jid, content: Content): Promise<{ jid: string }> {
    const { text } = written(content);
    if (jid.isBare) {
      const { host } = accountOf(router, jid.toString());
      if (!(await host.accounts.exists(jid.local))) {
        throw new StanzaError('item-not-found', `there is no account ${jid}`);
      }
    } else sessionsAt(router, jid.toString());
    await router.route(text.with({ to: jid, from: Jid.of('', jid.domain) }));
    return { jid: jid.toString() };
  }

  /** @throws StanzaError bad-request */
  function written({ body, subject, type, store, kind, expires, key }: Content): {
    text: Message;
    expiresAt: number | undefined;
  } {
    const expiresAt = expires === undefined ? undefined : momentOf(expires, clock.now());
    const text = message(
      // The same for all: who gets it twice can tell.
      { type, id: key },
      subject === undefined ? undefined : client('subject', {}, subject),
      client('body', {}, body),
      notice(kind, expiresAt),
      store ? undefined : hint('no-store'),
    );
    return { text, expiresAt };
  }

  function online(host: string | undefined): Jid[] {
    const hosts: Iterable<VirtualHost> = host === undefined ? router.hosts : [hostOf(router, host)];
    const users = new Map<string, Jid>();
    for (const { sessions } of hosts) {
      for (const { user, available } of sessions) if (available) users.set(user.toString(), user);
    }
    return [...users.values()];
  }
}
