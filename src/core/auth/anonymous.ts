/** RFC 4505, XEP-0175: ANONYMOUS, with an account that lasts as long as the connection */
import { randomUUID } from 'node:crypto';
import type { Awaitable } from '../awaitable.ts';
import type { Clock } from '../clock/index.ts';
import type { AccountInfo, Accounts } from './accounts.ts';
import { AccountsDelegate } from './accounts-delegate.ts';
import { decodeText } from './identity.ts';
import { type Mechanism, SaslError } from './mechanism.ts';

/** RFC 4505 §2: trace information is an address or a token of up to 255 characters. */
const TRACE_CHARACTERS = 255;

/** The accounts of a host and, for the time of their connections, those of its anonymous users. */
export class AnonymousAccounts extends AccountsDelegate {
  readonly #clock: Clock;
  readonly #present = new Map<string, AccountInfo>();

  constructor(inner: Accounts, clock: Clock) {
    super(inner);
    this.#clock = clock;
  }

  /** Makes a temporary account and returns its username; `delete` ends it. */
  admit(): string {
    const username = randomUUID();
    this.#present.set(username, { username, disabled: false, created: this.#clock.now() });
    return username;
  }

  override exists(username: string): Awaitable<boolean> {
    return this.#present.has(username) || super.exists(username);
  }

  override get(username: string): Awaitable<AccountInfo | undefined> {
    return this.#present.get(username) ?? super.get(username);
  }

  override async delete(username: string): Promise<void> {
    if (!this.#present.delete(username)) await super.delete(username);
  }
}

export function createAnonymous(accounts: AnonymousAccounts, strength: number): Mechanism {
  return {
    name: 'ANONYMOUS',
    strength,
    isOffered: () => true,
    start: () => ({
      // XEP-0175 §2: the trace is optional, so that a missing initial response is a whole message.
      step: (response) => {
        if (response !== undefined) checkTrace(decodeText(response));
        return { username: accounts.admit(), temporary: true };
      },
    }),
  };
}

/** The trace is not kept: the connection's address says more. */
function checkTrace(trace: string): void {
  if ([...trace].length > TRACE_CHARACTERS) throw new SaslError('malformed-request', 'the trace is too long');
}
