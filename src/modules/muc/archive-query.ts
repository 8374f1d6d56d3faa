/** XEP-0313 §4, §5, §6.1.2: reading the archive of a room */
import {
  type ArchiveEntry,
  type ArchiveMatch,
  type ArchiveView,
  countEntries,
  finElement,
  type Jid,
  metadataElement,
  NS_MAM,
  NS_RSM,
  NS_STANZA_ID,
  ns,
  parseStored,
  queryForm,
  readPage,
  readQuery,
  resultMessage,
  StanzaError,
} from '#core';
import { type Actor, actorOf } from './actor.ts';
import type { Service } from './config.ts';
import { NS_MUC_USER } from './namespaces.ts';
import { affiliationIs, moderates } from './privileges.ts';
import type { Room } from './room.ts';
import { withoutSender } from './room-archive.ts';
import type { RoomIqs } from './room-iqs.ts';

export function answerArchive(service: Service, iqs: RoomIqs): void {
  const { host } = service;
  if (!host.config.archive) return;
  for (const feature of [NS_MAM, `${NS_MAM}#extended`, `${NS_MAM}#groupchat-field`, NS_RSM, NS_STANZA_ID]) {
    host.feature(feature, 'account'); // §7, XEP-0359 §5
  }

  // §4. The result is routed after the messages, so it comes after them.
  iqs.on('set', 'query', NS_MAM, async (room, iq) => {
    const to = iq.from as Jid;
    const view = viewFor(service, room, to);
    const query = await readQuery(iq.payload, view, host.config);
    const page = await readPage(view, query);
    const entries = await service.archive.redacted(room, page.entries);
    for (const entry of query.isFlipped ? entries.toReversed() : entries) {
      void host.route(resultMessage(view, entry, query, room.jid, to));
    }
    const count = query.max === 0 ? await countEntries(view, query.filter) : undefined;
    return finElement(view, page, count, query.isNumbered ? await view.store.extent(view.owner) : undefined);
  });

  iqs.on('get', 'query', NS_MAM, () => ns(NS_MAM)('query', {}, queryForm())); // §4.1.5
  iqs.on('get', 'metadata', NS_MAM, (room, iq) => metadataElement(viewFor(service, room, iq.from as Jid))); // §5
}

/** @throws StanzaError forbidden */
function viewFor({ archive }: Service, room: Room, from: Jid): ArchiveView {
  const reader = actorOf(room, from);
  if (!mayRead(room, reader)) throw new StanzaError('forbidden', 'the archive is for those who may enter');
  const isKnown = room.config.whois === 'anyone' || moderates(reader);
  return {
    store: archive.store,
    owner: room.name,
    idOf: (seq) => archive.ids.toText(room.name, seq),
    seqOf: (id) => archive.ids.toSeq(room.name, id),
    match: (wanted) => matchIn(room, wanted, isKnown),
    show: ({ data }) => (isKnown ? parseStored(data) : withoutSender(parseStored(data))),
  };
}

/** §6.1.2: who could enter at this moment. What is not logged in public is for those who have to do with the room. */
function mayRead({ config, isLocked }: Room, { role, affiliation }: Actor): boolean {
  if (affiliation === 'outcast' || isLocked) return false;
  if (affiliationIs(affiliation, 'member')) return true;
  if (config.isMembersOnly) return false;
  return role !== 'none' || (config.isLogged && !config.isPasswordProtected);
}

/** §4.1.1: an occupant JID, or for those who know them, a real one. */
function matchIn(room: Room, wanted: Jid, isKnown: boolean): ArchiveMatch {
  if (wanted.bare().equals(room.jid)) return { test: ({ data }) => parseStored(data).attrs.from === wanted.toString() };
  if (!isKnown) return { with: '' }; // which is nobody
  return { with: wanted.bare().toString(), test: wanted.isBare ? undefined : (entry) => isBy(entry, wanted) };
}

function isBy({ data }: ArchiveEntry, sender: Jid): boolean {
  return parseStored(data).child('x', NS_MUC_USER)?.child('item')?.attrs.jid === sender.toString();
}
