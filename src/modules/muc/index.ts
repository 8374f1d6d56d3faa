/** XEP-0045: Multi-User Chat */
import {
  type Awaitable,
  defineModule,
  type Host,
  Iq,
  type Message,
  Presence,
  type Stanza,
  StanzaError,
  whenDone,
} from '#core';
import disco from '#modules/disco';
import { answerAdmin } from './admin.ts';
import { loadArchiveIds } from './archive-ids.ts';
import { answerArchive } from './archive-query.ts';
import { answerAvatars } from './avatar.ts';
import { AwayMembers } from './away-members.ts';
import { configSchema, type MucConfig, type Service } from './config.ts';
import { forgetUser } from './departed.ts';
import { answerDisco } from './disco.ts';
import { removeGhost } from './ghost.ts';
import { offerGroups } from './group.ts';
import { hatCommands } from './hat-commands.ts';
import { Invitations, isInvitation, receiveInvitation } from './invite.ts';
import { receiveGroupchat } from './message.ts';
import { answerModeration } from './moderation.ts';
import { loadOccupantIds } from './occupant-id.ts';
import { answerOccupants } from './occupants.ts';
import { offerRoomCommands } from './operator.ts';
import { answerOwner } from './owner.ts';
import { receivePresence } from './presence.ts';
import { passOn } from './private-iq.ts';
import { receivePrivate } from './private-message.ts';
import { answerRegistration } from './registration.ts';
import { isRequestForm, receiveRequestForm } from './request-form.ts';
import { announceRetraction } from './retraction.ts';
import { RoomArchive } from './room-archive.ts';
import { answerCommands } from './room-commands.ts';
import { RoomIqs } from './room-iqs.ts';
import { Rooms } from './rooms.ts';
import { answerSearch } from './search.ts';
import { stop } from './stop.ts';

export default defineModule({
  name: 'muc',
  xeps: [
    { xep: 45, version: '1.35.5' },
    { xep: 249, version: '1.2' },
    { xep: 317, version: '0.3.1' },
    { xep: 410, version: '1.1.0' },
    { xep: 421, version: '1.0.1' },
    { xep: 424, version: '0.4.2', status: 'partial', note: 'in rooms; their archive has tombstones' },
    { xep: 425, version: '0.3.0' },
    { xep: 433, version: '0.1.0' },
    { xep: 486, version: '0.1.0' },
  ],
  hosts: 'service',
  subdomain: 'conference',
  requires: [disco],
  config: configSchema,
  async setup(host: Host<MucConfig>) {
    const archive = new RoomArchive(host, await loadArchiveIds(host));
    const occupantIds = await loadOccupantIds(host);
    const service: Service = {
      ...{ host, archive, occupantIds, rooms: new Rooms(host, archive) },
      ...{ away: new AwayMembers(host), invitations: new Invitations(host) },
    };
    const iqs = new RoomIqs(host);
    const commands = hatCommands(service);
    answerDisco(service, iqs, commands);
    answerAdmin(service, iqs);
    answerOwner(service, iqs);
    answerRegistration(service, iqs);
    answerArchive(service, iqs);
    answerOccupants(service, iqs);
    answerModeration(service, iqs);
    announceRetraction(service);
    answerAvatars(service, iqs);
    answerCommands(service, iqs, commands);
    answerSearch(service);
    offerGroups(service);
    offerRoomCommands(service);
    host.observe('host:stopping', () => stop(service));
    host.observe('account:deleted', ({ user }) => forgetUser(service, user));

    host.handle('host:arrived', ({ stanza }) => {
      const name = stanza.to?.local;
      if (name === undefined || name === '') return false;
      // Answers to what the room itself asked.
      if (stanza instanceof Iq && stanza.to?.isBare && (stanza.type === 'result' || stanza.type === 'error'))
        return false;
      return whenDone(receive(stanza, name), () => true as const);
    });

    function receive(stanza: Stanza, name: string): Awaitable<void> {
      if (stanza instanceof Presence) return receivePresence(service, stanza, name);
      return whenDone(service.rooms.get(name), (room) => {
        const nick = stanza.to?.resource ?? '';
        if (stanza instanceof Iq) {
          if (nick === '') return iqs.answer(room, stanza);
          if (room === undefined) throw new StanzaError('item-not-found', 'there is no such room');
          return passOn(service, room, stanza, nick);
        }
        if (stanza.type === 'error') {
          service.invitations.returned(stanza as Message);
          return removeGhost(service, room, stanza);
        }
        // §17.2
        if (room === undefined || room.isLocked) throw new StanzaError('item-not-found', 'there is no such room');
        const message = stanza as Message;
        if (nick !== '') return receivePrivate(service, room, message, nick);
        if (message.type === 'groupchat') return receiveGroupchat(service, room, message);
        if (isInvitation(message)) return receiveInvitation(service, room, message);
        if (isRequestForm(message)) return receiveRequestForm(service, room, message);
        throw new StanzaError('bad-request', 'a message to all occupants is of type groupchat');
      });
    }
  },
});
