/** XEP-0045 §17.3: presence that is sent to a room */
import { type Awaitable, isPromise, ns, type Presence, presence, StanzaError, whenDone } from '#core';
import type { Service } from './config.ts';
import { removeGhost } from './ghost.ts';
import { enterAgain, join, tellNotInside } from './join.ts';
import { leave } from './leave.ts';
import { NS_MUC } from './namespaces.ts';
import { changeAvailability, changeNick } from './nick.ts';
import type { Room } from './room.ts';
import { knowsJids, presenceOf } from './show.ts';

export function receivePresence(service: Service, sent: Presence, name: string): Awaitable<void> {
  return whenDone(service.rooms.get(name), (room) => {
    switch (sent.type) {
      case 'available':
        return marked(() => receiveAvailable(service, room, sent));
      case 'unavailable': {
        const visit = room?.visit(sent.from);
        if (room !== undefined && visit !== undefined) leave(service, room, visit, sent);
        return;
      }
      case 'error':
        return removeGhost(service, room, sent);
      case 'probe':
        return answerProbe(service, room, sent);
      case 'subscribe': // nobody subscribes to a room, and nobody waits for it
        void service.host.route(presence({ type: 'unsubscribed', from: sent.to?.bare(), to: sent.from?.bare() }));
        return;
      default:
    }
  });
}

function receiveAvailable(service: Service, room: Room | undefined, sent: Presence): Awaitable<void> {
  const { from, to } = sent;
  if (to === undefined || to.isBare) throw new StanzaError('jid-malformed', 'a nickname is needed'); // §7.2.1
  const x = sent.child('x', NS_MUC);
  const visit = room?.visit(from);
  if (room === undefined || visit === undefined) return x ? join(service, room, sent, x) : tellNotInside(service, sent);
  const isElsewhere = to.resource !== visit.occupant.nick;
  if (isElsewhere) changeNick(service, room, visit, sent);
  if (x !== undefined) return enterAgain(service, room, visit, sent, x);
  if (!isElsewhere) changeAvailability(service, room, visit, sent);
}

/** §7.2.5 to §7.2.10, §7.6: an error has the mark of rooms beside it, by which clients know whose it is. */
function marked(work: () => Awaitable<void>): Awaitable<void> {
  const refused = (error: unknown): never => {
    throw error instanceof StanzaError ? error.with(ns(NS_MUC)('x')) : error;
  };
  try {
    const done = work();
    return isPromise(done) ? done.catch(refused) : done;
  } catch (error) {
    return refused(error);
  }
}

/** How an occupant is, for a server that asks on behalf of another. */
function answerProbe({ host }: Service, room: Room | undefined, { from, to }: Presence): void {
  const occupant = room?.occupant(to?.resource ?? '');
  const asker = room?.visit(from)?.occupant;
  if (room === undefined || occupant === undefined || asker === undefined) return;
  void host.route(presenceOf(room, occupant, knowsJids(room, asker)).with({ to: from }));
}
