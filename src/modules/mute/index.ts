/** Accounts that may not send messages for a time, wherever these go */
import { defineCommand, defineModule, Jid, JidError, momentOf, StanzaError, whenDone } from '#core';
import { userMute, userUnmute } from './specs.ts';

interface Mute {
  /** Milliseconds since 1970. */
  readonly until: number;
  readonly reason?: string;
}

const KEY = 'mute';

export default defineModule({
  name: 'mute',
  setup(host) {
    const store = host.store.map<Mute>('mutes');
    /** By localpart, those who have sessions: what a message asks is in memory. */
    const muted = new Map<string, Mute>();

    host.observe('session:bound', ({ session: { user } }) =>
      whenDone(store.get(user.local, KEY), (mute) => {
        if (mute !== undefined) muted.set(user.local, mute);
      }),
    );
    host.observe('session:closed', ({ session: { user } }) => {
      if (host.sessions(user).length === 0) muted.delete(user.local);
    });
    host.observe('account:deleted', ({ user }) => {
      muted.delete(user.local);
      return store.purge(user.local);
    });

    // RFC 6120 §8.3.3.12. Errors are no messages of the user, but answers of his client.
    host.guard('client:sent', ({ session, stanza }) => {
      if (muted.size === 0 || stanza.kind !== 'message' || stanza.type === 'error') return;
      const mute = muted.get(session.user.local);
      if (mute === undefined) return;
      if (mute.until <= host.clock.now()) {
        muted.delete(session.user.local);
        return;
      }
      const until = new Date(mute.until).toISOString();
      const text = `you are muted until ${until}${mute.reason === undefined ? '' : `: ${mute.reason}`}`;
      throw new StanzaError('policy-violation', text, { type: 'wait' });
    });

    host.command(
      defineCommand({
        ...userMute,
        async run({ jid, until, reason }) {
          const user = await accountOf(jid);
          const mute: Mute = { until: momentOf(until, host.clock.now()), ...(reason !== undefined && { reason }) };
          await store.update(user.local, KEY, () => mute);
          if (host.sessions(user).length > 0) muted.set(user.local, mute);
          return { jid: user.toString(), until: new Date(mute.until).toISOString() };
        },
      }),
    );
    host.command(
      defineCommand({
        ...userUnmute,
        async run({ jid }) {
          const user = await accountOf(jid);
          await store.update(user.local, KEY, (present) => {
            if (present === undefined) throw new StanzaError('item-not-found', `${user} is not muted`);
            return undefined;
          });
          muted.delete(user.local);
          return { jid: user.toString() };
        },
      }),
    );

    /** @throws StanzaError jid-malformed, item-not-found */
    async function accountOf(text: string): Promise<Jid> {
      const user = parse(text);
      if (user.domain !== host.domain.domain || !(await host.accounts.exists(user.local))) {
        throw new StanzaError('item-not-found', `there is no account ${user}`);
      }
      return user;
    }
  },
});

function parse(text: string): Jid {
  try {
    return Jid.parse(text).bare();
  } catch (cause) {
    if (cause instanceof JidError)
      throw new StanzaError('jid-malformed', `${text} is not a JID: ${cause.message}`, { cause });
    throw cause;
  }
}
