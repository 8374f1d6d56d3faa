/** When something ends, as administrators say it: a DateTime (XEP-0082), or how long from now */
import { parseDateTime } from '../clock/index.ts';
import { StanzaError } from '../stanza/index.ts';

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** The last moment that a Date can be. */
const LAST = 8.64e15;

/** Milliseconds since 1970. @throws StanzaError bad-request: it is none, or over */
export function momentOf(text: string, now: number): number {
  const [, count, unit = ''] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const at = count === undefined ? parseDateTime(text) : now + Number(count) * (UNITS[unit] ?? 0);
  if (at === undefined || at > LAST) {
    throw new StanzaError(
      'bad-request',
      `${text} is no time: say 2027-01-31T12:00:00Z, or 90s, 15m, 12h, 30d from now`,
    );
  }
  if (at <= now) throw new StanzaError('bad-request', `${text} is over`);
  return at;
}
