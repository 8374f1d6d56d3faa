/** 1020 affiliation, role, config (XEP-0045 §8, §9, §10) */
import { type Element, type Jid, ns } from '#core';
import type { Extension, RoomAffiliation, RoomRole } from '#protocol/mars';
import type { Request } from '../request.ts';
import type { MarsSession } from '../session/mars-session.ts';
import { questionElement } from '../session/question-element.ts';
import { fromExtension, toExtension } from '../stanza-mapping/extension.ts';
import { NS_MUC_ADMIN, NS_MUC_OWNER } from '../stanza-mapping/namespaces.ts';
import { answerRoom } from './answer.ts';

const admin = ns(NS_MUC_ADMIN);
const owner = ns(NS_MUC_OWNER);

export function changeAffiliation(mars: MarsSession, request: Request, room: Jid, change: RoomAffiliation): void {
  const { jid, affiliation, reason } = change;
  administer(mars, request, room, { jid, affiliation }, reason);
}

/** Role none is a kick (§8.2). */
export function changeRole(mars: MarsSession, request: Request, room: Jid, { nick, role, reason }: RoomRole): void {
  administer(mars, request, room, { nick, role }, reason);
}

function administer(
  mars: MarsSession,
  request: Request,
  room: Jid,
  item: Record<string, string>,
  reason: string,
): void {
  const why = reason === '' ? undefined : admin('reason', {}, reason);
  const query = admin('query', {}, admin('item', item, why));
  mars.ask(request, toRoom('set', request, room, query), () => answerRoom(request, room));
}

/** Without an element, the form is asked for; with `<x/>` it is set, and `<destroy/>` ends the room (§10.9). */
export function config(mars: MarsSession, request: Request, room: Jid, extension: Extension): void {
  const { name, xml } = extension;
  if (name === '' && xml === '') {
    return mars.ask(request, toRoom('get', request, room, owner('query')), ({ payload }) => {
      const [form] = payload?.elements() ?? [];
      answerRoom(request, room, form && { config: toExtension(form) });
    });
  }
  const query = owner('query', {}, fromExtension(extension, mars.connection.xmlLimits));
  mars.ask(request, toRoom('set', request, room, query), () => answerRoom(request, room));
}

function toRoom(type: 'get' | 'set', { body: { id } }: Request, room: Jid, payload: Element): Element {
  return questionElement(type, { id, to: room.toString() }, payload);
}
