/** XEP-0433: Extended Channel Search, over the public rooms of the service */
import { type Element, Jid, ns, type PageRequest, pageElement, readPageRequest } from '#core';
import type { Service } from './config.ts';
import type { Room } from './room.ts';
import { publicNames } from './room-list.ts';
import type { Listed } from './rooms.ts';
import { DIALECTS, readSearch, type Search, searchForm } from './search-form.ts';

/** Names read at a time. */
const STEP = 500;

interface Found {
  readonly name: string;
  readonly users: number;
}

export function answerSearch(service: Service): void {
  const { host } = service;
  for (const dialect of DIALECTS) {
    host.feature(dialect.ns); // §4.1
    host.iq('get', 'search', dialect.ns, 'host', async ({ payload }) => {
      const wanted = readSearch(payload, dialect);
      if (wanted === undefined) return ns(dialect.ns)('search', {}, searchForm(dialect));
      return pageOf(service, dialect.ns, await find(service, wanted), readPageRequest(payload));
    });
  }
}

/** Among the first so many rooms, by address. */
async function find(service: Service, wanted: Search): Promise<Found[]> {
  const found: Found[] = [];
  if (!wanted.isForRooms) return found;
  const { rooms, host } = service;
  let after = '';
  for (let left = host.config.search_rooms; left > 0; left -= STEP) {
    const names = await publicNames(service, after, Math.min(STEP, left));
    for (const name of names) {
      const room = rooms.opened(name);
      const listed = room?.config ?? (await rooms.listedAs(name));
      const users = room?.size ?? 0;
      if (listed !== undefined && users >= wanted.minUsers && fits(wanted, name, listed)) found.push({ name, users });
    }
    if (names.length < STEP) break;
    after = names.at(-1) ?? '';
  }
  // §6.1: among those with as many users the order is that of the addresses still.
  return wanted.order === 'users' ? found.sort((a, b) => b.users - a.users) : found;
}

function fits(wanted: Search, address: string, { name, description }: Listed): boolean {
  const texts = [wanted.inAddress && address, wanted.inName && name, wanted.inDescription && description];
  const text = texts
    .filter((part) => part !== false)
    .join('\n')
    .toLowerCase();
  return wanted.words.every((word) => text.includes(word));
}

/** §4.2.2: no room found is no error. */
async function pageOf(
  service: Service,
  namespace: string,
  found: readonly Found[],
  asked: PageRequest,
): Promise<Element> {
  const { host, rooms } = service;
  const max = Math.min(asked.max ?? host.config.page, host.config.max_page);
  const addressOf = (name: string) => Jid.of(name, host.domain.domain).toString();
  const at = (uid: string | undefined) => found.findIndex(({ name }) => addressOf(name) === uid);
  const end = asked.before ? Math.max(at(asked.before), 0) : found.length;
  const start = asked.before === undefined ? at(asked.after) + 1 : Math.max(end - max, 0);
  const shown = found.slice(start, Math.min(start + max, end));
  const items: Element[] = [];
  for (const { name } of shown) {
    const room = await rooms.get(name);
    if (room !== undefined) items.push(itemOf(room, namespace));
  }
  const [first, last] = [shown[0], shown.at(-1)].map((one) => one && addressOf(one.name));
  return ns(namespace)('result', {}, items, pageElement({ first, last, count: found.length, index: start }));
}

/** §6.2 */
function itemOf({ jid, config, size }: Room, namespace: string): Element {
  const search = ns(namespace);
  const { name, description, language, isMembersOnly, isPasswordProtected, whois } = config;
  const texts = { name: name || jid.local, description, language, nusers: String(size) };
  return search(
    'item',
    { address: jid.toString() },
    Object.entries(texts)
      .filter(([, text]) => text !== '')
      .map(([element, text]) => search(element, {}, text)),
    search('service-type', {}, 'xep-0045'),
    search('is-open', {}, String(!isMembersOnly && !isPasswordProtected)),
    search(
      'anonymity-mode',
      {},
      whois === 'anyone' ? '{urn:xmpp:channel-search:0:anonymity}none' : 'muc_semianonymous',
    ),
  );
}
