/** 1030: entering and leaving a scene (docs/protocol/scene.md §5.1, §5.5, §5.6) */
import { isPromise, Jid, JidError, StanzaError } from '#core';
import type { SceneEnter } from '#protocol/mars';
import type { Request } from '../request.ts';
import { movementOf } from '../scene/encode.ts';
import type { Seat } from '../scene/scene-seats.ts';
import type { MarsSession } from '../session/mars-session.ts';

export function scene(mars: MarsSession, request: Request): void {
  const { payload } = request.body;
  if (payload.case !== 'scene') throw new StanzaError('bad-request', 'scene is missing');
  const { scene: address, action } = payload.value;
  if (action.case === 'enter') return enter(mars, request, sceneJid(address), action.value);
  const { scenes, member } = mars.seats.get(mars.session, address);
  if (action.case === 'leave') scenes.leave(member);
  else if (action.case === 'watch') scenes.watch(member, action.value);
  else throw new StanzaError('bad-request', 'what to do is missing');
  request.answer();
}

function enter(mars: MarsSession, request: Request, address: Jid, asked: SceneEnter): void {
  const nick = asked.nick === '' ? mars.session.user.local : asked.nick;
  const entered = ({ scenes, member, sink }: Seat): void => {
    sink.snapshot(scenes.inSight(member), (body) => request.answer(body));
  };
  const refused = (error: unknown): void =>
    request.fail(error, (err) => mars.session.host.log.error({ err }, 'a scene was not entered'));
  const movement = asked.position && movementOf(asked.position, asked);
  const seat = mars.seats.enter(mars.session, address, { nick, movement });
  if (isPromise(seat)) seat.then(entered).catch(refused);
  else entered(seat);
}

/** @throws StanzaError jid-malformed */
function sceneJid(text: string): Jid {
  try {
    const jid = Jid.parse(text);
    if (jid.isBare && jid.local !== '') return jid;
  } catch (cause) {
    if (cause instanceof JidError) throw new StanzaError('jid-malformed', cause.message, { cause });
    throw cause;
  }
  throw new StanzaError('jid-malformed', 'a scene is named by its bare JID');
}
