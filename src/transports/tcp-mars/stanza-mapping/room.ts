/** XEP-0045 §17.3: what a room says of an occupant, for the payload of 1020 */
import type { Presence } from '#core';
import type { Occupant } from '#protocol/mars';
import type { Draft } from './draft.ts';
import { NS_MUC_USER } from './namespaces.ts';
import { type PresenceDraft, takePresenceChild } from './presence.ts';

export function occupantOf(presence: Presence): Draft<Occupant> {
  const said: PresenceDraft = {};
  for (const child of presence.elements()) takePresenceChild(said, child);
  const { jid = '', affiliation = '', role = '' } = presence.child('x', NS_MUC_USER)?.child('item')?.attrs ?? {};
  return {
    ...{ nick: presence.from?.resource ?? '', jid, affiliation, role },
    ...(said.show !== undefined && { show: said.show }),
    ...(said.status !== undefined && { status: said.status }),
  };
}

/** §15.6 */
export function statusCodes(presence: Presence): number[] {
  const statuses = presence.child('x', NS_MUC_USER)?.elements('status') ?? [];
  return statuses.map((status) => Number(status.attrs.code)).filter((code) => code > 0 && code < 1_000);
}
