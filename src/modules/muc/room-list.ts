/** XEP-0045 §6.3, XEP-0030 §4: the public rooms of a service, a page at a time */
import { byCodePoint, type Element, type Iq, Jid, ns, pageElement, readPageRequest, StanzaError } from '#core';
import type { Service } from './config.ts';

const items = ns('http://jabber.org/protocol/disco#items');
/** Names read at a time, where the page is looked for from its end. */
const STEP = 1_000;

export async function listRooms(service: Service, iq: Iq): Promise<Element> {
  const { page, max_page } = service.host.config;
  const asked = readPageRequest(iq.payload);
  if (asked.index !== undefined) throw new StanzaError('feature-not-implemented', 'rooms are not known by position');
  const max = Math.min(asked.max ?? page, max_page);
  const names =
    asked.before === undefined
      ? await namesAfter(service, asked.after, max + 1)
      : await namesBefore(service, asked.before || undefined, max + 1);
  const isPart = names.length > max || asked.after !== undefined || asked.before !== undefined;
  const shown = asked.before === undefined ? names.slice(0, max) : names.slice(-max || names.length);
  const listed = await Promise.all(shown.map((name) => item(service, name)));
  const [first, last] = [shown[0], shown.at(-1)].map((name) => name && jidOf(service, name));
  const isFirst = asked.before === undefined && asked.after === undefined;
  const set = pageElement({ first, last, ...(isFirst && { index: 0 }) });
  return items('query', {}, listed, isPart || asked.max !== undefined ? set : undefined);
}

async function item(service: Service, name: string): Promise<Element> {
  const room = service.rooms.opened(name)?.config ?? (await service.rooms.listedAs(name));
  return items('item', { jid: jidOf(service, name), name: room?.name || name });
}

function jidOf({ host }: Service, name: string): string {
  return Jid.of(name, host.domain.domain).toString();
}

/** Names in order: those of stored rooms, and of rooms that are not. */
function namesAfter(service: Service, after: string | undefined, limit: number): Promise<string[]> {
  return publicNames(service, after === undefined ? '' : (Jid.tryParse(after)?.local ?? ''), limit);
}

/** … of public rooms, after a name. */
export async function publicNames({ rooms }: Service, from: string, limit: number): Promise<string[]> {
  const temporary = [...rooms.open].filter(
    ({ config, isLocked }) => config.isPublic && !config.isPersistent && !isLocked,
  );
  const stored = await rooms.listed(from, limit);
  const names = [...stored, ...temporary.map(({ name }) => name).filter((name) => byCodePoint(name, from) > 0)];
  return names.sort(byCodePoint).slice(0, limit);
}

async function namesBefore(service: Service, before: string | undefined, limit: number): Promise<string[]> {
  const end = before === undefined ? undefined : (Jid.tryParse(before)?.local ?? '');
  let found: string[] = [];
  for (let after: string | undefined; ; after = found.at(-1) && jidOf(service, found.at(-1) as string)) {
    const names = await namesAfter(service, after, STEP);
    const wanted = end === undefined ? names : names.filter((name) => byCodePoint(name, end) < 0);
    found = [...found, ...wanted].slice(-limit);
    if (wanted.length < STEP) return found;
  }
}
