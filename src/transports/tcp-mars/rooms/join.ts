/** 1020 join, switch_to: the answer comes when one is in the room, with who is there (XEP-0045 §7.2) */
import { attributes, Element, type Jid, NS_CLIENT, ns, Presence, type Stanza, StanzaError } from '#core';
import type { RoomJoin, RoomSwitch } from '#protocol/mars';
import type { Request } from '../request.ts';
import { isOwn } from '../session/joined-rooms.ts';
import type { MarsSession } from '../session/mars-session.ts';
import { Pending } from '../session/pending.ts';
import { presenceKey } from '../session/pending-requests.ts';
import { NS_MUC } from '../stanza-mapping/namespaces.ts';
import { occupantOf, statusCodes } from '../stanza-mapping/room.ts';
import { answerRoom, occupantJid, type Result, roomJid } from './answer.ts';
import { leave } from './leave.ts';
import { OccupantPage } from './occupant-page.ts';

const muc = ns(NS_MUC);

export function join(
  mars: MarsSession,
  request: Request,
  room: Jid,
  how: RoomJoin,
  done: (result: Result) => void,
): void {
  const to = occupantJid(room, how.nick === '' ? mars.session.user.local : how.nick);
  const { id } = request.body;
  const attrs = attributes({ id: id === '' ? undefined : id, to: to.toString() });
  const presence = new Element('presence', NS_CLIENT, attrs, [wish(how)]);
  mars.pending.start(new Entrance(mars, request, room, done), presence);
}

/** XEP-0082 §3.1: a year has four digits. */
const LAST_MS = BigInt(Date.UTC(9999, 11, 31));

/** §7.2.5, §7.2.14. @throws StanzaError bad-request */
function wish({ password, historyMax, historySince }: RoomJoin): Element {
  if (historySince > LAST_MS) throw new StanzaError('bad-request', 'history_since is no time in milliseconds');
  const since = historySince > 0n ? new Date(Number(historySince)).toISOString() : undefined;
  const maxstanzas = historyMax === undefined ? undefined : String(historyMax);
  return muc(
    'x',
    {},
    since === undefined && maxstanzas === undefined ? undefined : muc('history', { maxstanzas, since }),
    password === '' ? undefined : muc('password', {}, password),
  );
}

/** Leaves a room once it is in the other: who may not go there stays. */
export function switchRoom(mars: MarsSession, request: Request, from: Jid, { room, join: how }: RoomSwitch): void {
  const to = roomJid(room);
  join(mars, request, to, how ?? NO_WISHES, (result) => {
    if (to.equals(from)) answerRoom(request, to, result);
    else leave(mars, request, from, '', () => answerRoom(request, to, result));
  });
}

const NO_WISHES = { nick: '', password: '', historySince: 0n } as RoomJoin;

/** §7.1: first comes who is there, then the own presence. */
class Entrance extends Pending {
  readonly #done: (result: Result) => void;
  readonly #page = new OccupantPage();
  /** Where the occupants can be asked for by pages. */
  readonly #hasPages: boolean;

  constructor(mars: MarsSession, request: Request, room: Jid, done: (result: Result) => void) {
    super(mars, request, presenceKey(room));
    this.#done = done;
    this.#hasPages = mars.session.host.router.host(room.domain) !== undefined;
  }

  take(stanza: Stanza): boolean {
    if (!(stanza instanceof Presence)) return false;
    if (stanza.type === 'error') {
      this.fail(stanza);
      return true;
    }
    if (stanza.type !== 'available') return false;
    if (!isOwn(stanza)) return this.#page.add(stanza) || this.#hasPages;
    const self = { self: occupantOf(stanza), statusCodes: statusCodes(stanza) };
    this.succeed(() => this.#done({ ...self, ...this.#page.result() }));
    return true;
  }
}
