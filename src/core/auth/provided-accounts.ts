/** Accounts whose credentials are kept elsewhere: here they are known once they have logged in, without a password */
import { type Awaitable, isPromise, whenDone } from '../awaitable.ts';
import { StanzaError } from '../stanza/index.ts';
import type { AccountInfo, Accounts, AuthProvider } from './accounts.ts';
import { AccountsDelegate } from './accounts-delegate.ts';
import { SaslError } from './mechanism.ts';

/**
 * What is stored says who has data here, and who is disabled here; the provider says who may log in. They cannot be made
 * or given passwords; to delete one means to forget what is kept of it, until it logs in again.
 */
export class ProvidedAccounts extends AccountsDelegate {
  override readonly scramUpgrade = undefined;
  override readonly recoverable = undefined;
  readonly #provider: AuthProvider;

  /** @param stored a row for each account that has logged in; passwords in it are not looked at */
  constructor(provider: AuthProvider, stored: Accounts) {
    super(stored);
    this.#provider = provider;
    delete this.scramKeys;
    const { scramKeys, verifyToken } = provider;
    if (scramKeys !== undefined) {
      this.scramKeys = (username, hash) =>
        whenDone(this.#isDisabled(username), (isDisabled) =>
          isDisabled ? undefined : scramKeys.call(provider, username, hash),
        );
    }
    if (verifyToken !== undefined) {
      this.verifyToken = async (token, address) => {
        const username = await verifyToken.call(provider, token, address);
        return username === undefined || (await this.#isDisabled(username)) ? undefined : username;
      };
    }
  }

  /** Who has not logged in exists when the provider says so. @throws StanzaError recipient-unavailable: it cannot tell */
  override exists(username: string): Awaitable<boolean> {
    return whenDone(super.exists(username), (isStored) => {
      if (isStored) return true;
      try {
        const isKnown = this.#isKnown(username);
        return isPromise(isKnown) ? isKnown.catch(refuseStanza) : isKnown;
      } catch (error) {
        return refuseStanza(error);
      }
    });
  }

  override async verifyPassword(username: string, password: string, address?: string): Promise<boolean> {
    const isRight = await this.#provider.verifyPassword(username, password, address);
    return isRight && !(await this.#isDisabled(username));
  }

  override async create(): Promise<void> {
    refuse();
  }

  override async setPassword(): Promise<void> {
    refuse();
  }

  /** When an account that never logged in was made is not known; one the provider has disabled does not exist for us. */
  override get(username: string): Awaitable<AccountInfo | undefined> {
    return whenDone(
      super.get(username),
      (stored) =>
        stored ??
        whenDone(this.#isKnown(username), (isKnown) =>
          isKnown ? { username, disabled: false, created: 0 } : undefined,
        ),
    );
  }

  #isKnown(username: string): Awaitable<boolean> {
    return this.#provider.exists?.(username) ?? false;
  }

  #isDisabled(username: string): Awaitable<boolean> {
    return whenDone(super.get(username), (stored) => stored?.disabled ?? false);
  }
}

function refuse(): never {
  throw new StanzaError('not-allowed', 'the passwords of this host are kept elsewhere');
}

/** RFC 6120 §8.3.3.13: whoever writes to an account the provider cannot be asked about may try again later. */
function refuseStanza(error: unknown): never {
  if (!(error instanceof SaslError)) throw error;
  throw new StanzaError('recipient-unavailable', error.text, { cause: error });
}
