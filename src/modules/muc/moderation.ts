/** XEP-0425: Moderated message retraction */
import { type Jid, message, ns, StanzaError, whenDone } from '#core';
import { actorOf } from './actor.ts';
import type { Service } from './config.ts';
import { toAll } from './message.ts';
import { moderates } from './privileges.ts';
import { entomb, NS_RETRACT, retract } from './retraction.ts';
import type { RoomIqs } from './room-iqs.ts';

const NS_MODERATE = 'urn:xmpp:message-moderate:1';
const moderate = ns(NS_MODERATE);

export function answerModeration(service: Service, iqs: RoomIqs): void {
  const { host, archive, occupantIds } = service;
  if (!host.config.archive) return; // without an id nothing can be taken back
  host.feature(NS_MODERATE, 'account'); // §2

  iqs.on('set', 'moderate', NS_MODERATE, async (room, { payload, from }): Promise<void> => {
    const actor = actorOf(room, from as Jid);
    if (!moderates(actor)) throw new StanzaError('forbidden', 'only moderators moderate'); // §3.2
    const id = payload?.attr('id');
    if (id === undefined) throw new StanzaError('bad-request', 'which message?');
    if (payload?.child('retract', NS_RETRACT) === undefined) {
      throw new StanzaError('feature-not-implemented', 'messages can be taken back, and nothing else');
    }
    const said = await archive.find(room, id);
    if (said === undefined) throw new StanzaError('item-not-found', 'there is no such message');
    const by = actor.nick === undefined ? undefined : room.jid.withResource(actor.nick).toString();
    const moderated = moderate('moderated', { by }, occupantIds.of(room.jid, actor.user));
    const reason = payload.childText('reason');
    const why = [moderated, ...(reason === undefined ? [] : [retract('reason', {}, reason)])];
    const notice = message(
      { type: 'groupchat', from: room.jid, id: `moderated-${id}` },
      retract('retract', { id }, why),
    );
    await entomb(service, room, id, said, {}, why); // §4
    // §3.1. In one go, so that all get it in the order of the archive.
    await whenDone(archive.keepOwn(room, notice, host.clock.now()), (kept) => toAll(service, room, kept));
  });
}
