/** MUC Slow Mode (xsf/xeps, inbox/xep-slow-mode 0.0.1): how long users wait between two messages */
import { type FormField, type Jid, type Message, StanzaError } from '#core';
import type { Service } from './config.ts';
import { affiliationIs } from './privileges.ts';
import type { Room } from './room.ts';

/** §6: only what has a body counts; all clients and nicknames of a user together (§8). @throws StanzaError policy-violation */
export function checkPace({ host }: Service, room: Room, user: Jid, sent: Message): void {
  const seconds = room.config.slowMode;
  if (seconds === 0 || sent.child('body') === undefined || affiliationIs(room.affiliationOf(user), 'admin')) return;
  const now = host.clock.now();
  const free = now - seconds * 1_000;
  forgetUntil(room, free);
  const key = user.toString();
  if ((room.spoke.get(key) ?? 0) > free) {
    const text = `This room is slow: wait ${seconds} seconds between messages.`;
    throw new StanzaError('policy-violation', text, { type: 'wait' });
  }
  room.spoke.delete(key);
  room.spoke.set(key, now);
}

/** In the order in which they spoke, so that those who may speak again come first. */
function forgetUntil(room: Room, free: number): void {
  for (const [user, at] of room.spoke) {
    if (at > free) return;
    room.spoke.delete(user);
  }
}

/** §5.2 */
export function slowModeInfo({ config }: Room): FormField {
  const label = 'Slow Mode: seconds between two messages of a user; 0 = off';
  return { var: 'muc#roominfo_slow_mode_duration', type: 'text-single', label, values: [String(config.slowMode)] };
}
