/** XEP-0421: Occupant identifiers for semi-anonymous MUCs */
import { createHmac, randomBytes } from 'node:crypto';
import { type Element, type Host, type Jid, type Node, ns } from '#core';

export const NS_OCCUPANT_ID = 'urn:xmpp:occupant-id:0';
const occupantId = ns(NS_OCCUPANT_ID);

export class OccupantIds {
  readonly #key: Buffer;

  constructor(key: Buffer) {
    this.#key = key;
  }

  /** §4.1: a user has the same one whenever he comes, and in every room another. */
  of(room: Jid, user: Jid): Element {
    const id = createHmac('sha256', this.#key).update(`${room.bare()}\0${user.bare()}`).digest('base64url');
    return occupantId('occupant-id', { id });
  }
}

/** The key is made once and stays: ids outlive the server. */
export async function loadOccupantIds(host: Host): Promise<OccupantIds> {
  const keys = host.store.map<string>('muc-key');
  const key = await keys.update('occupants', '', (present) => present ?? randomBytes(32).toString('base64url'));
  host.feature(NS_OCCUPANT_ID, ['host', 'account']); // §2, §4: in all rooms
  return new OccupantIds(Buffer.from(key ?? '', 'base64url'));
}

/** §4: what claims to be one, and is not by the room. */
export function isOccupantId(node: Node): boolean {
  return typeof node !== 'string' && node.is('occupant-id', NS_OCCUPANT_ID);
}
