/** XEP-0317: Hats, which users of a room wear besides their role */
import { createHash } from 'node:crypto';
import { type Element, type FormField, type Jid, ns } from '#core';
import type { Room } from './room.ts';

export const NS_HATS = 'urn:xmpp:hats:0';
const hats = ns(NS_HATS);

export interface Hat {
  readonly uri: string;
  readonly title: string;
  /** An angle, as the owner wrote it. */
  readonly hue?: string;
}

export interface StoredHats {
  readonly made: readonly Hat[];
  /** URIs by bare JID. */
  readonly worn: Readonly<Record<string, readonly string[]>>;
}

export class Hats {
  /** By URI. */
  readonly made = new Map<string, Hat>();
  /** URIs by bare JID. */
  readonly worn = new Map<string, readonly string[]>();

  static from(stored: StoredHats | undefined): Hats {
    const restored = new Hats();
    for (const hat of stored?.made ?? []) restored.made.set(hat.uri, hat);
    for (const [user, uris] of Object.entries(stored?.worn ?? {})) restored.worn.set(user, uris);
    return restored;
  }

  /** Undefined when there is nothing to store. */
  toStored(): StoredHats | undefined {
    return this.made.size === 0 ? undefined : { made: [...this.made.values()], worn: Object.fromEntries(this.worn) };
  }

  of(user: Jid): Hat[] {
    return (this.worn.get(user.toString()) ?? []).flatMap((uri) => this.made.get(uri) ?? []);
  }

  put(user: Jid, uri: string): void {
    const others = (this.worn.get(user.toString()) ?? []).filter((other) => other !== uri);
    this.worn.set(user.toString(), [...others, uri]);
  }

  take(user: string, uri: string): void {
    const left = (this.worn.get(user) ?? []).filter((other) => other !== uri);
    if (left.length === 0) this.worn.delete(user);
    else this.worn.set(user, left);
  }

  /** §3.3: with the hat goes what of it is worn. */
  destroy(uri: string): void {
    this.made.delete(uri);
    for (const user of [...this.worn.keys()]) this.take(user, uri);
  }
}

/** §3.1: as it stands in the presence of an occupant. */
export function hatsOf(room: Room, user: Jid): Element | undefined {
  const worn = room.hats.of(user);
  if (worn.length === 0) return undefined;
  return hats(
    'hats',
    {},
    worn.map(({ uri, title, hue }) => hats('hat', { title, uri, hue })),
  );
}

/** §2 */
export function hatsInfo({ hats: { made } }: Room): FormField[] {
  if (made.size === 0) return [];
  const hash = createHash('sha1')
    .update(JSON.stringify([...made.values()]))
    .digest('hex');
  return [{ var: 'hats#hash', type: 'text-single', label: 'Hats hash', values: [hash] }];
}
