import type { Awaitable } from '../awaitable.ts';
import type { Contract } from '../host/contracts.ts';
import type { Jid } from '../jid/index.ts';

/** What the archives of users tell modules that do without them where there are none. */
export interface UserArchive {
  /** Whether a message is still there, by the id it was given (XEP-0359): the oldest go. */
  has(user: Jid, id: string): Awaitable<boolean>;
}

export const USER_ARCHIVE: Contract<UserArchive> = { name: 'user-archive' };
