/** 1066, 1067: groups, which are rooms for their members (docs/rooms.md) */
import { type Element, type Jid, ns, StanzaError } from '#core';
import type { Group, GroupMembership } from '#protocol/mars';
import type { Request } from '../request.ts';
import type { MarsSession } from '../session/mars-session.ts';
import { questionElement } from '../session/question-element.ts';
import { NS_DATA_FORMS, NS_GROUPS, NS_MUC, NS_REGISTER } from '../stanza-mapping/namespaces.ts';
import { roomJid } from './answer.ts';

const groups = ns(NS_GROUPS);
const register = ns(NS_REGISTER);
const form = ns(NS_DATA_FORMS);

/** One that is sent again is made once, whatever became of the session: the service knows it by the id. */
export function createGroup(mars: MarsSession, request: Request): void {
  const { payload, id } = request.body;
  if (payload.case !== 'group') throw new StanzaError('bad-request', 'group is missing');
  const { name } = payload.value;
  const question = questionElement('set', { id, to: serviceOf(mars, request) }, groupElement(payload.value, id));
  mars.ask(request, question, (result) => {
    request.answer({ payload: { case: 'group', value: { name, room: result.payload?.attrs.jid ?? '' } } });
  });
}

function groupElement({ name, members }: Group, id: string): Element {
  return groups(
    'group',
    { name, key: id === '' ? undefined : id },
    members.map((jid) => groups('member', { jid })),
  );
}

/** `to` of the envelope, or what the server has for its users. @throws StanzaError feature-not-implemented */
function serviceOf({ session }: MarsSession, { body: { to } }: Request): string {
  if (to !== '') return to;
  const service = session.host.services.find(({ features }) => features.features('host').includes(NS_GROUPS));
  if (service === undefined) throw new StanzaError('feature-not-implemented', 'this server has no rooms');
  return service.domain.toString();
}

/** By registration with the room (XEP-0045 §7.10); where only members enter, its admins are asked. */
export function changeMembership(mars: MarsSession, request: Request): void {
  const { payload, id } = request.body;
  if (payload.case !== 'groupMembership') throw new StanzaError('bad-request', 'group_membership is missing');
  const room: Jid = roomJid(payload.value.room);
  const query = payload.value.join ? joining(mars, payload.value) : register('remove');
  const question = questionElement('set', { id, to: room.toString() }, register('query', {}, query));
  mars.ask(request, question, () => request.answer());
}

function joining({ session }: MarsSession, { nick }: GroupMembership): Element {
  const field = (name: string, value: string): Element => form('field', { var: name }, form('value', {}, value));
  return form(
    'x',
    { type: 'submit' },
    field('FORM_TYPE', `${NS_MUC}#register`),
    field('muc#register_roomnick', nick === '' ? session.user.local : nick),
  );
}
