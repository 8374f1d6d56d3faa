/** Puts a step between a login and its answer, which no mechanism knows of */
import { whenDone } from '../awaitable.ts';
import type { Mechanism } from './mechanism.ts';

/** @param loggedIn runs for every login that succeeded, before the client is told; it may still refuse it by a SaslError */
export function afterLogin(mechanism: Mechanism, loggedIn: (username: string) => Promise<void>): Mechanism {
  return {
    name: mechanism.name,
    strength: mechanism.strength,
    isOffered: (context) => mechanism.isOffered(context),
    start(context) {
      const exchange = mechanism.start(context);
      return {
        step: (response) =>
          whenDone(exchange.step(response), (taken) =>
            'challenge' in taken || taken.temporary ? taken : loggedIn(taken.username).then(() => taken),
          ),
      };
    },
  };
}
