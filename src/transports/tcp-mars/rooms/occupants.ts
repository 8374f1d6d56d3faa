/** 1020 occupants_after: who is there, by pages. The room is asked as docs/rooms.md tells. */
import { Jid, NS_CLIENT, ns, type Presence, shapeStanza } from '#core';
import type { Request } from '../request.ts';
import type { MarsSession } from '../session/mars-session.ts';
import { questionElement } from '../session/question-element.ts';
import { NS_OCCUPANTS, NS_RSM } from '../stanza-mapping/namespaces.ts';
import { answerRoom } from './answer.ts';
import { OccupantPage } from './occupant-page.ts';

const query = ns(NS_OCCUPANTS);
const rsm = ns(NS_RSM);

/** @param after a nickname; '' for the first page */
export function occupants(mars: MarsSession, request: Request, room: Jid, after: string): void {
  const asked = after === '' ? undefined : rsm('set', {}, rsm('after', {}, after));
  const question = questionElement('get', { id: request.body.id, to: room.toString() }, query('query', {}, asked));
  mars.ask(request, question, ({ payload }) => {
    const page = new OccupantPage();
    let isWhole = payload?.attrs.complete === 'true';
    for (const one of payload?.elements('presence', NS_CLIENT) ?? []) {
      const from = Jid.tryParse(one.attrs.from ?? '');
      if (!page.add(shapeStanza(one, { from }) as Presence)) isWhole = false;
    }
    answerRoom(request, room, page.result(!isWhole));
  });
}
