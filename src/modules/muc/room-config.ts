/** XEP-0045 §16.5.3: the configuration of a room, and how its form shows and reads it */
import { type FilledForm, type FormField, ns, StanzaError } from '#core';
import type { MucConfig } from './config.ts';
import { isRole, type Role } from './privileges.ts';

export interface RoomConfig {
  readonly name: string;
  readonly description: string;
  readonly language: string;
  /** XMPP URI of a node that belongs to the room. */
  readonly pubsub: string;
  readonly isPersistent: boolean;
  readonly isPublic: boolean;
  readonly isModerated: boolean;
  readonly isMembersOnly: boolean;
  /** The archive can be read from outside, by everybody who could enter. */
  readonly isLogged: boolean;
  readonly isPasswordProtected: boolean;
  readonly password: string;
  /** 0 for as many as the service allows. */
  readonly maxUsers: number;
  /** Who sees the real JIDs of the occupants. */
  readonly whois: 'moderators' | 'anyone';
  readonly allowPrivate: 'anyone' | 'participants' | 'moderators' | 'none';
  /** Whether members may invite others. */
  readonly allowInvites: boolean;
  /** Whether all with voice may change the subject. */
  readonly changeSubject: boolean;
  /** Roles whose presence is told to the other occupants. */
  readonly broadcast: readonly Role[];
  readonly memberList: readonly Role[];
  /** Most messages of the past that a newcomer gets. */
  readonly history: number;
  /** Seconds between two messages of a user; 0 for no limit. */
  readonly slowMode: number;
  /** Seconds until voice that a moderator revoked comes back; 0 for never. */
  readonly muteDuration: number;
  /** Whether members who are not in the room are woken up for what is said there (XEP-0357). */
  readonly notifiesAway: boolean;
}

/** A field of the form, as XEP-0045 names it. */
export interface RoomOption extends Omit<FormField, 'values'> {
  values(config: RoomConfig): readonly string[];
  /** What the submitted field changes. @throws StanzaError bad-request, not-acceptable */
  read(form: FilledForm, limits: MucConfig): Partial<RoomConfig>;
}

export function initialConfig({ defaults }: MucConfig): RoomConfig {
  return {
    ...{ name: '', description: '', language: '', pubsub: '', password: '' },
    isPersistent: defaults.persistent,
    isPublic: defaults.public,
    isModerated: defaults.moderated,
    isMembersOnly: defaults.members_only,
    ...{ isLogged: false, isPasswordProtected: false, maxUsers: 0, allowInvites: false },
    whois: defaults.real_jids ? 'anyone' : 'moderators',
    allowPrivate: 'anyone',
    changeSubject: defaults.change_subject,
    broadcast: ['moderator', 'participant', 'visitor'],
    memberList: ['moderator', 'participant', 'visitor'],
    history: defaults.history,
    ...{ slowMode: 0, muteDuration: 0, notifiesAway: false },
  };
}

type KeyOf<T> = { [K in keyof RoomConfig]: RoomConfig[K] extends T ? K : never }[keyof RoomConfig];

/** Of one text field; a description is not a book. */
const MAX_TEXT = 1_023;

function text(name: string, key: KeyOf<string>, label: string): RoomOption {
  return {
    ...{ var: `muc#roomconfig_${name}`, type: 'text-single', label },
    values: (config) => (config[key] === '' ? [] : [config[key]]),
    read(form) {
      const value = form.text(`muc#roomconfig_${name}`) ?? '';
      if (value.length > MAX_TEXT) throw new StanzaError('not-acceptable', `${label}: at most ${MAX_TEXT} characters`);
      return { [key]: value };
    },
  };
}

function flag(name: string, key: KeyOf<boolean>, label: string): RoomOption {
  return {
    ...{ var: `muc#roomconfig_${name}`, type: 'boolean', label },
    values: (config) => [config[key] ? '1' : '0'],
    read: (form) => ({ [key]: form.flag(`muc#roomconfig_${name}`) ?? false }),
  };
}

function choice(
  name: string,
  key: 'whois' | 'allowPrivate',
  label: string,
  choices: Record<string, string>,
): RoomOption {
  return {
    ...{ var: `muc#roomconfig_${name}`, type: 'list-single', label, options: optionsOf(choices) },
    values: (config) => [config[key]],
    read(form) {
      const value = form.text(`muc#roomconfig_${name}`) ?? '';
      if (!Object.hasOwn(choices, value)) throw new StanzaError('not-acceptable', `${label} is one of the list`);
      return { [key]: value };
    },
  };
}

const ROLE_LABELS = { moderator: 'Moderator', participant: 'Participant', visitor: 'Visitor' };

function roles(name: string, key: 'broadcast' | 'memberList', label: string): RoomOption {
  return {
    ...{ var: `muc#roomconfig_${name}`, type: 'list-multi', label, options: optionsOf(ROLE_LABELS) },
    values: (config) => config[key],
    read(form) {
      const values = form.texts(`muc#roomconfig_${name}`).filter((value) => value !== '');
      if (!values.every((value) => isRole(value) && value !== 'none')) {
        throw new StanzaError('not-acceptable', `${label}: roles of the list`);
      }
      return { [key]: values };
    },
  };
}

const maxUsers: RoomOption = {
  ...{ var: 'muc#roomconfig_maxusers', type: 'list-single', label: 'Maximum Number of Room Occupants' },
  options: optionsOf({ 10: '10', 20: '20', 50: '50', 100: '100', 200: '200', 500: '500', 1000: '1000', none: 'None' }),
  values: (config) => [config.maxUsers === 0 ? 'none' : String(config.maxUsers)],
  read(form, { max_occupants: most }) {
    const value = form.text('muc#roomconfig_maxusers') ?? 'none';
    return { maxUsers: value === 'none' ? 0 : numberIn(value, 1, most, 'Maximum Number of Room Occupants') };
  },
};

const maxHistory: RoomOption = {
  ...{ var: 'muc#maxhistoryfetch', type: 'text-single', label: 'Maximum Number of History Messages Returned by Room' },
  values: (config) => [String(config.history)],
  read(form, { max_history: most }) {
    return { history: numberIn(form.text('muc#maxhistoryfetch') ?? '0', 0, most, 'History') };
  },
};

/** XEP-0122 §3.2.2 */
const validate = ns('http://jabber.org/protocol/xdata-validate');
/** A week. */
const MAX_SECONDS = 604_800;

function seconds(name: string, key: 'slowMode' | 'muteDuration', label: string): RoomOption {
  const range = validate('range', { min: '0', max: String(MAX_SECONDS) });
  return {
    ...{ var: `muc#roomconfig_${name}`, type: 'text-single', label },
    extensions: [validate('validate', { datatype: 'xs:integer' }, range)],
    values: (config) => [String(config[key])],
    read: (form) => ({ [key]: numberIn(form.text(`muc#roomconfig_${name}`) ?? '0', 0, MAX_SECONDS, label) }),
  };
}

/** XEP-0068 §3.3: not among those of the form that are registered. */
const NOTIFY = 'x-muc#roomconfig_notify_away';

const notify: RoomOption = {
  ...{ var: NOTIFY, type: 'boolean', label: 'Notify Members Who Are Not in the Room?' },
  values: (config) => [config.notifiesAway ? '1' : '0'],
  read: (form) => ({ notifiesAway: form.flag(NOTIFY) ?? false }),
};

const secret: RoomOption = {
  ...{ var: 'muc#roomconfig_roomsecret', type: 'text-private', label: 'The Room Password' },
  values: (config) => (config.password === '' ? [] : [config.password]),
  read(form) {
    const password = form.text('muc#roomconfig_roomsecret') ?? '';
    if (password.length > MAX_TEXT) throw new StanzaError('not-acceptable', 'the password is too long');
    return { password };
  },
};

/** In the order of the form. Owners and admins, which are affiliations, come after these. */
export const ROOM_OPTIONS: readonly RoomOption[] = [
  text('roomname', 'name', 'Natural-Language Room Name'),
  text('roomdesc', 'description', 'Short Description of Room'),
  text('lang', 'language', 'Natural Language for Room Discussions'),
  text('pubsub', 'pubsub', 'XMPP URI of Associated Publish-Subscribe Node'),
  flag('persistentroom', 'isPersistent', 'Make Room Persistent?'),
  flag('publicroom', 'isPublic', 'Make Room Publicly Searchable?'),
  flag('membersonly', 'isMembersOnly', 'Make Room Members-Only?'),
  flag('moderatedroom', 'isModerated', 'Make Room Moderated?'),
  flag('passwordprotectedroom', 'isPasswordProtected', 'Password Required to Enter?'),
  secret,
  choice('whois', 'whois', 'Who May Discover Real JIDs?', { moderators: 'Moderators Only', anyone: 'Anyone' }),
  maxUsers,
  flag('changesubject', 'changeSubject', 'Allow Occupants to Change Subject?'),
  flag('allowinvites', 'allowInvites', 'Allow Members to Invite Others?'),
  choice('allowpm', 'allowPrivate', 'Who Can Send Private Messages?', {
    ...{ anyone: 'Anyone', participants: 'Anyone with Voice', moderators: 'Moderators Only', none: 'Nobody' },
  }),
  roles('presencebroadcast', 'broadcast', 'Roles for which Presence is Broadcasted'),
  roles('getmemberlist', 'memberList', 'Roles and Affiliations that May Retrieve Member List'),
  maxHistory,
  seconds('slow_mode_duration', 'slowMode', 'Slow Mode: Seconds Between Two Messages of a User; 0 = Off'),
  seconds('mute_duration', 'muteDuration', 'Seconds Until Revoked Voice Comes Back; 0 = Never'),
  flag('enablelogging', 'isLogged', 'Enable Public Logging of Room Conversations?'),
  notify,
];

/**
 * What a room is like after the fields of a form.
 *
 * @throws StanzaError not-acceptable for what the service does not allow, bad-request for what is no value of a field
 */
export function changedConfig(config: RoomConfig, form: FilledForm, limits: MucConfig): RoomConfig {
  const given = new Set(form.names);
  const changes = ROOM_OPTIONS.filter((option) => given.has(option.var)).map((option) => option.read(form, limits));
  const next = Object.assign({}, config, ...changes) as RoomConfig;
  if (next.isPasswordProtected && next.password === '') {
    throw new StanzaError('not-acceptable', 'a room that is protected by a password has one');
  }
  return next;
}

function optionsOf(labels: Record<string, string>) {
  return Object.entries(labels).map(([value, label]) => ({ value, label }));
}

function numberIn(value: string, least: number, most: number, label: string): number {
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new StanzaError('not-acceptable', `${label}: a number from ${least} to ${most}`);
}
