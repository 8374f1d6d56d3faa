/** XEP-0045 §7.13, §8.6, §9.9: forms sent to a room: who wants a voice or a membership, and who grants it */
import { dataForm, FilledForm, type Jid, type Message, message, NS_DATA_FORMS, StanzaError } from '#core';
import { actorOf } from './actor.ts';
import type { Service } from './config.ts';
import { takeCredit } from './message-rate.ts';
import { NS_REGISTER_FORM, NS_REQUEST } from './namespaces.ts';
import { approveRegistration } from './registration.ts';
import { changeRoles, checkRoleChanges } from './role.ts';
import type { Room } from './room.ts';

export function isRequestForm(sent: Message): boolean {
  return sent.child('x', NS_DATA_FORMS) !== undefined;
}

export function receiveRequestForm(service: Service, room: Room, sent: Message): Promise<void> | void {
  const fields = sent.child('x', NS_DATA_FORMS)?.elements('field') ?? [];
  const type = fields.find((field) => field.attrs.var === 'FORM_TYPE')?.childText('value');
  if (type === NS_REGISTER_FORM) {
    return approveRegistration(service, room, sent, FilledForm.in(sent, NS_REGISTER_FORM) as FilledForm);
  }
  const form = FilledForm.in(sent, NS_REQUEST) as FilledForm;
  if (form.text('muc#role') !== 'participant')
    throw new StanzaError('bad-request', 'the role to ask for is participant');
  if (form.flag('muc#request_allow') === undefined) requestVoice(service, room, sent);
  else approveVoice(service, room, sent, form);
}

/** §7.13, §8.6: the moderators are asked. */
function requestVoice(service: Service, room: Room, { from }: Message): void {
  const visit = room.visit(from);
  if (visit === undefined) throw new StanzaError('not-acceptable', 'only occupants ask for a voice');
  const { occupant, jid } = visit;
  takeCredit(service, occupant);
  if (occupant.role !== 'visitor') return; // he has what he asks for
  const form = dataForm(
    'form',
    NS_REQUEST,
    [
      { var: 'muc#role', type: 'list-single', label: 'Requested role', values: ['participant'] },
      { var: 'muc#jid', type: 'jid-single', label: 'User ID', values: [jid.toString()] },
      { var: 'muc#roomnick', type: 'text-single', label: 'Room Nickname', values: [occupant.nick] },
      { var: 'muc#request_allow', type: 'boolean', label: 'Grant voice to this person?', values: ['0'] },
    ],
    {
      title: 'Voice request',
      instructions: 'To approve this request for voice, choose to grant voice and submit the form.',
    },
  );
  const request = message({ from: room.jid }, form);
  for (const { jid: to, occupant: receiver } of room.visits) {
    if (receiver.role === 'moderator') void service.host.route(request.with({ to }));
  }
}

/** §8.6 */
function approveVoice(service: Service, room: Room, { from }: Message, form: FilledForm): void {
  const actor = actorOf(room, from as Jid);
  const nick = form.text('muc#roomnick') ?? '';
  const user = form.jid('muc#jid');
  const occupant = room.occupant(nick);
  const changes = [{ nick, role: 'participant', reason: undefined }] as const;
  checkRoleChanges(room, actor, changes);
  if (user !== undefined && occupant?.user.equals(user.bare()) === false) {
    throw new StanzaError('item-not-found', `${nick} is somebody else by now`);
  }
  if (form.flag('muc#request_allow') !== true || occupant?.role !== 'visitor') return;
  for (const tell of changeRoles(service, room, actor, changes)) tell();
}
