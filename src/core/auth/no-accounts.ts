import { StanzaError } from '../stanza/index.ts';
import type { Accounts } from './accounts.ts';

const refuse = (): Promise<never> => Promise.reject(new StanzaError('not-allowed', 'a service has no accounts'));

/** The accounts of a service domain, such as that of chat rooms: nobody lives there. */
export const noAccounts: Accounts = {
  exists: () => false,
  get: () => undefined,
  list: () => [],
  verifyPassword: () => Promise.resolve(false),
  enter: refuse,
  create: refuse,
  setPassword: refuse,
  setDisabled: refuse,
  delete: refuse,
};
