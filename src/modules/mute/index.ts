/** Accounts that may not send messages for a time, wherever these go */
import { defineCommand, defineModule, Jid, JidError, momentOf, StanzaError, whenDone } from '#core';
import { userMute, userUnmute } from './specs.ts';

interface Mute {
  /** Milliseconds since 1970. */
  readonly until: number;
  readonly reason?: string;
}

/** The key of a mute that holds wherever a message goes; others have that of a room or a scene, its bare JID. */
const EVERYWHERE = 'mute';

export default defineModule({
  name: 'mute',
  setup(host) {
    const store = host.store.map<Mute>('mutes');
    /** By localpart, those who have sessions: what a message asks is in memory. */
    const muted = new Map<string, ReadonlyMap<string, Mute>>();

    const load = (user: Jid) =>
      whenDone(store.entries(user.local), (mutes) => {
        if (mutes.size > 0 && host.sessions(user).length > 0) muted.set(user.local, mutes);
        else muted.delete(user.local);
      });

    host.observe('session:bound', ({ session: { user } }) => load(user));
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
      const mutes = muted.get(session.user.local);
      if (mutes === undefined) return;
      const now = host.clock.now();
      const place = stanza.to?.bare().toString() ?? '';
      for (const [key, { until, reason }] of mutes) {
        if (until <= now || (key !== EVERYWHERE && key !== place)) continue;
        const where = key === EVERYWHERE ? '' : ` in ${key}`;
        const text = `you are muted${where} until ${new Date(until).toISOString()}${reason === undefined ? '' : `: ${reason}`}`;
        throw new StanzaError('policy-violation', text, { type: 'wait' });
      }
    });

    host.command(
      defineCommand({
        ...userMute,
        async run({ jid, until, reason, where }) {
          const user = await accountOf(jid);
          const now = host.clock.now();
          const mute: Mute = { until: momentOf(until, now), ...(reason !== undefined && { reason }) };
          await store.update(user.local, keyOf(where), () => mute);
          await load(user);
          return { jid: user.toString(), until: new Date(mute.until).toISOString() };
        },
      }),
    );
    host.command(
      defineCommand({
        ...userUnmute,
        async run({ jid, where }) {
          const user = await accountOf(jid);
          await store.update(user.local, keyOf(where), (present) => {
            if (present === undefined) throw new StanzaError('item-not-found', `${user} is not muted`);
            return undefined;
          });
          await load(user);
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

/** @throws StanzaError jid-malformed */
function keyOf(where: string | undefined): string {
  return where === undefined ? EVERYWHERE : parse(where).toString();
}

function parse(text: string): Jid {
  try {
    return Jid.parse(text).bare();
  } catch (cause) {
    if (cause instanceof JidError)
      throw new StanzaError('jid-malformed', `${text} is not a JID: ${cause.message}`, { cause });
    throw cause;
  }
}
