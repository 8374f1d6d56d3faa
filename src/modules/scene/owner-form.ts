/** docs/protocol/scene.md §6.1: the fields of the owner's form */
import { type FilledForm, type FormField, Jid, JidError, StanzaError } from '#core';
import type { SceneConfig } from './config.ts';
import type { Settings } from './settings.ts';
import type { Position } from './space/space.ts';
import type { Zone } from './space/zone.ts';

export interface Field extends Omit<FormField, 'values'> {
  values(settings: Settings): readonly string[];
  /** What the submitted field changes. @throws StanzaError bad-request, not-acceptable, jid-malformed */
  read(form: FilledForm, limits: SceneConfig): Partial<Settings>;
}

type KeyOf<T> = { [K in keyof Settings]: Settings[K] extends T ? K : never }[keyof Settings];

const MAX_TEXT = 255;
const MAX_USERS = 100;

function number(name: string, key: KeyOf<number>, label: string, least: number, most: number, isWhole = false): Field {
  return {
    ...{ var: `scene#${name}`, type: 'text-single', label },
    values: (settings) => [String(settings[key])],
    read(form) {
      const value = numberOf(form.text(`scene#${name}`) ?? '', label);
      if (value < least || value > most || (isWhole && !Number.isInteger(value))) {
        throw new StanzaError(
          'not-acceptable',
          `${label}: ${isWhole ? 'a whole number' : 'a number'} from ${least} to ${most}`,
        );
      }
      return { [key]: value };
    },
  };
}

function choice(name: string, key: 'positions' | 'all', label: string, choices: Record<string, string>): Field {
  const options = Object.entries(choices).map(([value, text]) => ({ value, label: text }));
  return {
    ...{ var: `scene#${name}`, type: 'list-single', label, options },
    values: (settings) => [settings[key]],
    read(form) {
      const value = form.text(`scene#${name}`) ?? '';
      if (!Object.hasOwn(choices, value)) throw new StanzaError('not-acceptable', `${label}: one of the list`);
      return { [key]: value };
    },
  };
}

function users(name: string, key: 'owners' | 'backends', label: string, least: number): Field {
  return {
    ...{ var: `scene#${name}`, type: 'jid-multi', label },
    values: (settings) => settings[key],
    read(form) {
      const jids = new Set(
        form
          .texts(`scene#${name}`)
          .filter((text) => text !== '')
          .map(bareJid),
      );
      if (jids.size < least) throw new StanzaError('not-acceptable', 'a scene has an owner');
      if (jids.size > MAX_USERS) throw new StanzaError('not-acceptable', `${label}: at most ${MAX_USERS}`);
      return { [key]: [...jids] };
    },
  };
}

const title: Field = {
  ...{ var: 'scene#name', type: 'text-single', label: 'Name, for people' },
  values: ({ name }) => (name === '' ? [] : [name]),
  read(form) {
    const name = form.text('scene#name') ?? '';
    if (name.length > MAX_TEXT) throw new StanzaError('not-acceptable', `a name has at most ${MAX_TEXT} characters`);
    return { name };
  },
};

const listing: Field = {
  ...{ var: 'scene#public', type: 'boolean', label: 'Listed while somebody is in it?' },
  values: ({ isPublic }) => [isPublic ? '1' : '0'],
  read: (form) => ({ isPublic: form.flag('scene#public') ?? false }),
};

const entrance: Field = {
  ...{ var: 'scene#entrance', type: 'text-single', label: 'Entrance: x, y and, if it has one, z' },
  values: ({ entrance: { x, y, z } }) => [`${x} ${y} ${z}`],
  read(form, { max_coordinate: most }) {
    const [x = Number.NaN, y = Number.NaN, z = 0, ...more] = numbersOf(
      form.text('scene#entrance') ?? '',
      'Entrance',
      most,
    );
    if (Number.isNaN(y) || more.length > 0) throw new StanzaError('not-acceptable', 'Entrance: two or three numbers');
    return { entrance: { x, y, z } satisfies Position };
  },
};

const zones: Field = {
  ...{
    var: 'scene#zones',
    type: 'text-multi',
    label: 'Zones, one a line: name, x from, x to, y from, y to, z from, z to',
  },
  values: (settings) => settings.zones.map(({ name, x, y, z = [] }) => [name, ...x, ...y, ...z].join(' ')),
  read(form, { max_zones: most, max_coordinate }) {
    const lines = form.texts('scene#zones').filter((line) => line.trim() !== '');
    if (lines.length > most) throw new StanzaError('not-acceptable', `a scene has at most ${most} zones`);
    const read = lines.map((line) => zoneOf(line, max_coordinate));
    if (new Set(read.map(({ name }) => name)).size < read.length) {
      throw new StanzaError('not-acceptable', 'each zone has a name of its own');
    }
    return { zones: read };
  },
};

/** In the order of the form. */
export const FIELDS: readonly Field[] = [
  title,
  listing,
  users('owners', 'owners', 'Owners', 1),
  users('backends', 'backends', 'Backends: who may place members', 0),
  choice('positions', 'positions', 'Who says where members are', {
    ...{ members: 'They themselves', backend: 'The backend only' },
  }),
  number('sight', 'sight', 'Comes into sight at', 1, 1_000_000),
  number('out-of-sight', 'outOfSight', 'Goes out of sight beyond', 1, 1_000_000),
  number('say', 'say', 'What is said is heard within (0: closed)', 0, 1_000_000),
  number('yell', 'yell', 'Yelling is heard within (0: closed)', 0, 1_000_000),
  number('whisper', 'whisper', 'Whispering is heard within (0: closed)', 0, 1_000_000),
  choice('all', 'all', 'Who may speak to the whole scene', {
    ...{ anyone: 'Anyone', owners: 'Owners', nobody: 'Nobody' },
  }),
  number('rate', 'rate', 'Movements are told so many times a second', 1, 60, true),
  number('budget', 'budget', 'Most movements each time for one member', 1, 10_000, true),
  number('speed', 'speed', 'Fastest, in units per second (0: no limit)', 0, 1_000_000),
  number('max-members', 'maxMembers', 'Most members (0: as many as the service allows)', 0, 1_000_000, true),
  entrance,
  zones,
];

/** What a scene is like after the fields of a form. @throws StanzaError */
export function changedSettings(settings: Settings, form: FilledForm, limits: SceneConfig): Settings {
  const given = new Set(form.names);
  const changes = FIELDS.filter((field) => given.has(field.var)).map((field) => field.read(form, limits));
  const next = Object.assign({}, settings, ...changes) as Settings;
  if (next.outOfSight < next.sight) {
    throw new StanzaError('not-acceptable', 'nobody goes out of sight nearer than he comes into it');
  }
  return next;
}

function zoneOf(line: string, most: number): Zone {
  const [name = '', ...rest] = line.trim().split(/\s+/);
  const numbers = numbersOf(rest.join(' '), `Zone ${name}`, most);
  const [x0 = 0, x1 = 0, y0 = 0, y1 = 0, z0 = 0, z1 = 0] = numbers;
  const isOrdered = x0 <= x1 && y0 <= y1 && z0 <= z1;
  if (name.length > MAX_TEXT || !isOrdered || (numbers.length !== 4 && numbers.length !== 6)) {
    throw new StanzaError('not-acceptable', 'a zone is a name and four or six numbers, from and to of each axis');
  }
  return { name, x: [x0, x1], y: [y0, y1], ...(numbers.length === 6 && { z: [z0, z1] as const }) };
}

function numbersOf(text: string, label: string, most: number): number[] {
  const words = text.trim() === '' ? [] : text.trim().split(/\s+/);
  const numbers = words.map((word) => numberOf(word, label));
  if (numbers.some((value) => Math.abs(value) > most))
    throw new StanzaError('not-acceptable', `${label}: at most ${most}`);
  return numbers;
}

function numberOf(text: string, label: string): number {
  if (!/^-?\d{1,15}(\.\d{1,15})?$/.test(text)) throw new StanzaError('not-acceptable', `${label}: a number`);
  return Number(text);
}

function bareJid(text: string): string {
  try {
    return Jid.parse(text).bare().toString();
  } catch (cause) {
    if (cause instanceof JidError) throw new StanzaError('jid-malformed', `${text}: ${cause.message}`, { cause });
    throw cause;
  }
}
