/** XEP-0486: MUC avatars, as the vCard of a room */
import { createHash } from 'node:crypto';
import {
  type Awaitable,
  type Element,
  type FormField,
  type Iq,
  type Jid,
  parseStored,
  StanzaError,
  whenDone,
} from '#core';
import type { Service } from './config.ts';
import { tellStatus } from './configure.ts';
import { affiliationMay } from './privileges.ts';
import type { Room } from './room.ts';
import type { RoomIqs, ThenTell } from './room-iqs.ts';

const NS_VCARD = 'vcard-temp';

export function answerAvatars(service: Service, iqs: RoomIqs): void {
  const { host, rooms } = service;
  host.feature(NS_VCARD, ['host', 'account']); // §3.1

  // §3.4
  iqs.on('get', 'vCard', NS_VCARD, (room): Awaitable<Element> => {
    return whenDone(rooms.vcard(room), (xml) => {
      if (xml === undefined) throw new StanzaError('item-not-found', 'this room has no avatar');
      return parseStored(xml);
    });
  });

  // §3.2
  iqs.on('set', 'vCard', NS_VCARD, async (room, iq): Promise<ThenTell> => {
    if (!affiliationMay(room.affiliationOf(iq.from as Jid), 'configure')) {
      throw new StanzaError('forbidden', 'only owners give a room its avatar');
    }
    const vcard = vcardOf(iq, host.config.max_vcard_bytes);
    room.avatars = hashesOf(vcard);
    await Promise.all([rooms.setVcard(room, vcard?.toString()), rooms.save(room)]);
    return { tell: () => tellStatus(service, room, [104]) };
  });
}

/** Undefined for an empty one, which takes away what was there. @throws StanzaError not-acceptable */
function vcardOf({ payload }: Iq, most: number): Element | undefined {
  if (payload === undefined || payload.elements().length === 0) return undefined;
  if (Buffer.byteLength(payload.toString()) > most) throw new StanzaError('not-acceptable', `at most ${most} bytes`);
  return payload;
}

/** §3.3, §5.1: of each form in which the picture is there, the SHA-1 of its bytes (XEP-0153 §3). */
function hashesOf(vcard: Element | undefined): string[] {
  const pictures = vcard?.elements('PHOTO').map((photo) => photo.childText('BINVAL') ?? '') ?? [];
  return pictures
    .filter((text) => text.trim() !== '')
    .map((text) => createHash('sha1').update(Buffer.from(text, 'base64')).digest('hex'));
}

/** §3.3, §4: not there when there is none. */
export function avatarInfo({ avatars }: Room): FormField[] {
  if (avatars.length === 0) return [];
  return [{ var: 'muc#roominfo_avatarhash', type: 'text-multi', label: 'Avatar hash', values: avatars }];
}
