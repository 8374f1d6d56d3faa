/** 1063, 1064: the profile of a user (XEP-0054) */
import { Element, ns, StanzaError } from '#core';
import type { Profile } from '#protocol/mars';
import type { Request } from '../request.ts';
import type { MarsSession } from '../session/mars-session.ts';
import { questionElement } from '../session/question-element.ts';
import type { Draft } from '../stanza-mapping/draft.ts';
import { textElement } from '../stanza-mapping/extension.ts';
import { NS_VCARD } from '../stanza-mapping/namespaces.ts';

const vcard = ns(NS_VCARD);

export function getProfile(mars: MarsSession, request: Request): void {
  const question = questionElement('get', request.body, vcard('vCard'));
  mars.ask(request, question, ({ payload }) => {
    request.answer({ payload: { case: 'profile', value: payload === undefined ? {} : readProfile(payload) } });
  });
}

/** What a profile has no field for stays as it is in the vCard. */
export function setProfile(mars: MarsSession, request: Request): void {
  const { payload, id } = request.body;
  if (payload.case !== 'profile') throw new StanzaError('bad-request', 'profile is missing');
  const wanted = payload.value;
  const own = { id, to: '' };
  const set = (present: Element | undefined): void =>
    mars.ask(request, questionElement('set', own, merged(present, wanted)), () => request.answer());
  // XEP-0054 §3.1: where nothing is found, it is the first.
  const options = { missing: () => set(undefined) };
  mars.ask(request, questionElement('get', own, vcard('vCard')), ({ payload: present }) => set(present), options);
}

const TEXTS = { NICKNAME: 'nickname', FN: 'fullName', BDAY: 'birthday', DESC: 'description', URL: 'url' } as const;

function readProfile(card: Element): Draft<Profile> {
  const profile: Draft<Profile> = {};
  for (const [name, field] of Object.entries(TEXTS)) profile[field] = card.childText(name) ?? '';
  profile.email = card.child('EMAIL')?.childText('USERID') ?? '';
  const photo = card.child('PHOTO');
  profile.photoType = photo?.childText('TYPE') ?? '';
  profile.photo = Buffer.from(photo?.childText('BINVAL') ?? '', 'base64');
  return profile;
}

function merged(present: Element | undefined, wanted: Profile): Element {
  const own = new Set([...Object.keys(TEXTS), 'EMAIL', 'PHOTO']);
  const kept = (present?.elements() ?? []).filter(({ name }) => !own.has(name));
  const texts = Object.entries(TEXTS).map(([name, field]) => [name, wanted[field]] as const);
  return new Element('vCard', NS_VCARD, present?.attrs, [
    ...kept,
    ...texts.filter(([, text]) => text !== '').map(([name, text]) => textElement(name, NS_VCARD, text)),
    ...(wanted.email === '' ? [] : [vcard('EMAIL', {}, vcard('INTERNET'), vcard('USERID', {}, wanted.email))]),
    ...(wanted.photo.length === 0 ? [] : [photo(wanted)]),
  ]);
}

function photo({ photo: bytes, photoType }: Profile): Element {
  const type = photoType === '' ? undefined : vcard('TYPE', {}, photoType);
  return vcard('PHOTO', {}, type, vcard('BINVAL', {}, Buffer.from(bytes).toString('base64')));
}
