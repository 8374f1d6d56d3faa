/** 1065: the contact list with what everybody is doing, for the start page of a game */
import { type ClientSession, Jid } from '#core';
import type { Friend } from '#protocol/mars';
import type { Request } from '../request.ts';
import type { MarsSession } from '../session/mars-session.ts';
import { questionElement } from '../session/question-element.ts';
import type { Draft } from '../stanza-mapping/draft.ts';
import { type PresenceDraft, takePresenceChild } from '../stanza-mapping/presence.ts';
import { type ItemDraft, readRoster, rosterQuery } from '../stanza-mapping/roster.ts';

type FriendDraft = Omit<Draft<Friend>, 'item'> & { item: ItemDraft };

export function friends(mars: MarsSession, request: Request): void {
  const question = questionElement('get', { id: request.body.id, to: '' }, rosterQuery({}));
  mars.ask(request, question, ({ payload: list }) => {
    const items = (list && readRoster(list)?.items) ?? [];
    const value = { friends: items.map((item) => friendOf(mars, item)) };
    request.answer({ payload: { case: 'friends', value } });
  });
}

/** Contacts on other servers are told by their presence only. */
function friendOf({ session }: MarsSession, item: ItemDraft): FriendDraft {
  const isVisible = item.subscription === 'to' || item.subscription === 'both';
  const jid = isVisible ? Jid.tryParse(item.jid ?? '') : undefined;
  const host = jid && session.host.router.host(jid.domain);
  const present =
    jid === undefined || host === undefined ? [] : host.sessions.of(jid).filter(({ available }) => available);
  const [best] = present.toSorted((a, b) => b.priority - a.priority);
  if (best === undefined) return { item, online: false };
  return { item, online: true, ...shown(best), sessions: present.map((each) => each.jid.toString()) };
}

function shown({ presence }: ClientSession): Pick<Partial<PresenceDraft>, 'show' | 'status'> {
  const draft: PresenceDraft = {};
  for (const child of presence?.elements() ?? []) takePresenceChild(draft, child);
  const { show, status } = draft;
  return { ...(show !== undefined && { show }), ...(status !== undefined && { status }) };
}
