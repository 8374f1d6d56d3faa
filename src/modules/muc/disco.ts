/** XEP-0045 §6.2 to §6.5, §7.12, §18.1.1: what a service and its rooms tell of themselves */
import {
  type Awaitable,
  dataForm,
  type Element,
  type FormField,
  type Iq,
  type Jid,
  NS_DATA_FORMS,
  NS_RSM,
  ns,
  StanzaError,
} from '#core';
import disco from '#modules/disco';
import { avatarInfo } from './avatar.ts';
import type { Service } from './config.ts';
import { hatsInfo } from './hats.ts';
import { NS_MUC, NS_ROOMINFO } from './namespaces.ts';
import type { Room } from './room.ts';
import { NS_COMMANDS, type RoomCommand } from './room-commands.ts';
import { ROOM_OPTIONS } from './room-config.ts';
import type { RoomIqs } from './room-iqs.ts';
import { listRooms } from './room-list.ts';
import { NS_SELF_PING } from './self-ping.ts';
import { slowModeInfo } from './slow-mode.ts';

const NS_INFO = 'http://jabber.org/protocol/disco#info';
const NS_ITEMS = 'http://jabber.org/protocol/disco#items';
const NS_PING = 'urn:xmpp:ping';
const NS_TRAFFIC = `${NS_MUC}#traffic`;
const NS_STABLE_ID = `${NS_MUC}#stable_id`;
const info = ns(NS_INFO);
const items = ns(NS_ITEMS);

/** Features of every room, besides those of what is built upon it. */
const FEATURES = [NS_MUC, NS_STABLE_ID, NS_INFO, NS_ITEMS, 'jabber:iq:register', NS_PING, NS_SELF_PING];

/** @param commands of every room */
export function answerDisco(service: Service, iqs: RoomIqs, commands: readonly RoomCommand[]): void {
  const { host } = service;
  host.identity({ category: 'conference', type: 'text', name: host.config.name }, 'host');
  for (const feature of [NS_MUC, NS_STABLE_ID, NS_RSM]) host.feature(feature);
  for (const feature of FEATURES) host.feature(feature, 'account');
  host.use(disco).onItems((iq: Iq) => listRooms(service, iq));

  iqs.on('get', 'query', NS_INFO, (room, iq): Awaitable<Element> => {
    if (room.isLocked && room.affiliationOf(iq.from as Jid) !== 'owner') throw new StanzaError('item-not-found');
    const node = iq.payload?.attr('node');
    if (node === undefined) return roomInfo(service, room);
    if (node === 'x-roomuser-item') return reservedNick(room, iq.from as Jid);
    const command = commands.find((one) => one.node === node);
    if (command !== undefined) return commandInfo(command);
    if (node === NS_TRAFFIC) throw new StanzaError('service-unavailable'); // §18.1.1: everything is allowed
    throw new StanzaError('item-not-found');
  });
  // §6.5: who is there is nobody's business outside. XEP-0050 §2.2: the commands of the room are listed to those who may run them.
  iqs.on('get', 'query', NS_ITEMS, (room, iq) => {
    const node = iq.payload?.attr('node');
    const known = node === NS_COMMANDS ? commands.filter((command) => mayRun(command, room, iq)) : [];
    const listed = known.map((command) =>
      items('item', { jid: room.jid.toString(), node: command.node, name: command.name }),
    );
    return items('query', { node }, listed);
  });
  iqs.on('get', 'ping', NS_PING, () => {});
}

/** §6.4 */
function roomInfo({ host }: Service, room: Room): Element {
  const { config } = room;
  const features = [
    ...host.features('account'),
    config.isPersistent ? 'muc_persistent' : 'muc_temporary',
    config.isPublic ? 'muc_public' : 'muc_hidden',
    config.isMembersOnly ? 'muc_membersonly' : 'muc_open',
    config.isModerated ? 'muc_moderated' : 'muc_unmoderated',
    config.isPasswordProtected ? 'muc_passwordprotected' : 'muc_unsecured',
    config.whois === 'anyone' ? 'muc_nonanonymous' : 'muc_semianonymous',
  ];
  return info(
    'query',
    {},
    info('identity', { category: 'conference', type: 'text', name: config.name || room.name }),
    features.map((feature) => info('feature', { var: feature })),
    dataForm('result', NS_ROOMINFO, roomInfoFields(room)),
  );
}

/** §16.5.4, and those of the configuration that concern who is inside. */
function roomInfoFields(room: Room): FormField[] {
  const { config, subject, affiliated } = room;
  const text = (name: string, label: string, value: string): FormField => {
    return { var: `muc#roominfo_${name}`, type: 'text-single', label, values: value === '' ? [] : [value] };
  };
  const owners = [...affiliated].filter(([, { affiliation }]) => affiliation === 'owner').map(([jid]) => jid);
  const isOpen = config.whois === 'anyone';
  const shown = ROOM_OPTIONS.filter(({ var: name }) => IN_INFO.has(name));
  return [
    text('description', 'Short Description of Room', config.description),
    text('lang', 'Natural Language for Room Discussions', config.language),
    // §14.4: what is said inside is for those who are
    text(
      'subject',
      'Current Discussion Topic',
      config.isMembersOnly ? '' : (subject?.message.childText('subject') ?? ''),
    ),
    text('occupants', 'Current Number of Occupants in Room', String(room.size)),
    { var: 'muc#roominfo_contactjid', type: 'jid-multi', label: 'Contact Addresses', values: isOpen ? owners : [] },
    {
      ...{ var: 'muc#roominfo_subjectmod', type: 'boolean', label: 'The room subject can be modified by participants' },
      values: [config.changeSubject ? '1' : '0'],
    },
    slowModeInfo(room),
    ...avatarInfo(room),
    ...hatsInfo(room),
    ...shown.map(({ values, ...field }) => ({ ...field, options: [], values: values(config) })),
  ];
}

const IN_INFO: ReadonlySet<string> = new Set([
  'muc#roomconfig_changesubject',
  'muc#roomconfig_allowinvites',
  'muc#roomconfig_allowpm',
  'muc#roomconfig_maxusers',
  'muc#roomconfig_pubsub',
  'muc#maxhistoryfetch',
]);

/** XEP-0050 §2.2 */
function commandInfo({ node, name }: RoomCommand): Element {
  const features = [NS_COMMANDS, NS_DATA_FORMS].map((feature) => info('feature', { var: feature }));
  return info('query', { node }, info('identity', { category: 'automation', type: 'command-node', name }), features);
}

function mayRun(command: RoomCommand, room: Room, iq: Iq): boolean {
  try {
    command.check(room, iq);
    return true;
  } catch (error) {
    if (error instanceof StanzaError) return false;
    throw error;
  }
}

/** §7.12 */
function reservedNick(room: Room, user: Jid): Element {
  const name = room.reservedNick(user);
  const identity = name === undefined ? undefined : info('identity', { category: 'conference', type: 'text', name });
  return info('query', { node: 'x-roomuser-item' }, identity);
}
