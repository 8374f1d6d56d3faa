/** XEP-0045 §10.9: the end of a room */
import { type Element, Jid, JidError, ns, presence, StanzaError } from '#core';
import type { Service } from './config.ts';
import { NS_MUC_USER } from './namespaces.ts';
import type { Room } from './room.ts';

const muc = ns(NS_MUC_USER);

export interface Destruction {
  /** Where to go instead. */
  readonly venue?: string | undefined;
  readonly password?: string | undefined;
  readonly reason?: string | undefined;
}

/** @throws StanzaError jid-malformed */
export function readDestruction(element: Element): Destruction {
  const { jid } = element.attrs;
  try {
    const venue = jid === undefined ? undefined : Jid.parse(jid).toString();
    return { venue, password: element.childText('password'), reason: element.childText('reason') };
  } catch (cause) {
    if (cause instanceof JidError) throw new StanzaError('jid-malformed', cause.message, { cause });
    throw cause;
  }
}

/** Each occupant is told once, of himself. Resolves when the room is out of storage. */
export async function destroy({ host, rooms }: Service, room: Room, destruction: Destruction): Promise<void> {
  const { venue, password, reason } = destruction;
  const x = muc(
    'x',
    {},
    muc('item', { affiliation: 'none', role: 'none' }),
    muc(
      'destroy',
      { jid: venue },
      password === undefined ? undefined : muc('password', {}, password),
      reason === undefined ? undefined : muc('reason', {}, reason),
    ),
  );
  const gone = presence({ type: 'unavailable' }, x);
  for (const visit of [...room.visits]) {
    room.leave(visit);
    void host.route(gone.with({ from: visit.occupant.jid, to: visit.jid }));
  }
  await rooms.remove(room);
}
