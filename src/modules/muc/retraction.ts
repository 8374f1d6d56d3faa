/** XEP-0424: Message retraction. What was taken back is handed out no more, and a tombstone tells that it was there. */
import {
  type ArchiveEntry,
  type Awaitable,
  Element,
  type Message,
  NS_STANZA_ID,
  ns,
  parseStored,
  StanzaError,
  whenDone,
} from '#core';
import type { Service } from './config.ts';
import { NS_MUC_USER } from './namespaces.ts';
import { isOccupantId } from './occupant-id.ts';
import type { Occupant, Room } from './room.ts';

export const NS_RETRACT = 'urn:xmpp:message-retract:1';
export const retract = ns(NS_RETRACT);

export function announceRetraction({ host }: Service): void {
  if (!host.config.archive) return; // without an id nothing can be taken back
  for (const feature of [NS_RETRACT, `${NS_RETRACT}#tombstone`]) host.feature(feature, 'account');
}

/**
 * §5: only who said something takes it back. What the archive does not have any more, clients may still show: the retraction
 * is for them.
 *
 * @throws StanzaError forbidden
 */
export function retractOwn(service: Service, room: Room, { user }: Occupant, sent: Message): Awaitable<void> {
  const id = sent.child('retract', NS_RETRACT)?.attr('id');
  if (id === undefined) return;
  return whenDone(service.archive.find(room, id), (entry) => {
    if (entry === undefined) return;
    if (entry.with !== user.toString()) throw new StanzaError('forbidden', 'somebody else said that');
    return entomb(service, room, id, entry, { id: sent.id });
  });
}

/** §4: puts a tombstone in the place of a message, and takes it out of what newcomers get. */
export function entomb(
  service: Service,
  room: Room,
  id: string,
  entry: ArchiveEntry,
  attrs: { readonly id?: string | undefined },
  why: readonly Element[] = [],
): Promise<void> {
  const stamp = new Date(service.host.clock.now()).toISOString();
  const message = parseStored(entry.data);
  const who = message.children.filter((node) => isOccupantId(node) || isSender(node));
  const tombstone = new Element(message.name, message.ns, message.attrs, [
    ...who,
    retract('retracted', { ...attrs, stamp }, why),
  ]);
  room.history.rewrite((past) => (isKeptAs(past, room, id) ? undefined : past));
  return service.archive.entomb(room, entry.seq, tombstone.toString());
}

/** XEP-0313 §6.1.2: who it was, for those who may know. */
function isSender(node: Element | string): boolean {
  return typeof node !== 'string' && node.is('x', NS_MUC_USER);
}

function isKeptAs(message: Message, room: Room, id: string): boolean {
  const ids = message.elements('stanza-id', NS_STANZA_ID);
  return ids.some(({ attrs }) => attrs.id === id && attrs.by === room.jid.toString());
}
