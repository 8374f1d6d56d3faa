/** 1101, 1102 and 1106: the server is about to close, and says what is to be done then */
import type { Body } from '#protocol/mars';
import { urlOf } from './endpoint.ts';
import { ClosedError, ConnectionLost } from './errors.ts';
import type { Keeper } from './keeper.ts';

type Farewell = Extract<Body['payload'], { readonly case: 'kick' | 'redirect' | 'streamError' }>;

/** RFC 6120 §4.9.3: who comes back after these does harm, or finds the same. */
const FINAL_CONDITIONS = new Set(['conflict', 'host-gone', 'host-unknown', 'not-authorized', 'policy-violation']);

export function obey(keeper: Keeper, farewell: Farewell): void {
  switch (farewell.case) {
    case 'kick': {
      const { reason, text, reconnect, afterMs } = farewell.value;
      const why = `the server ended the session: ${reason} ${text}`;
      return reconnect ? keeper.pause(afterMs, new ConnectionLost(why)) : keeper.finish(new ClosedError(why));
    }
    case 'redirect': {
      const { endpoints, keepToken } = farewell.value;
      const { url } = keeper;
      return keeper.move(
        endpoints.flatMap((endpoint) => urlOf(endpoint, url)),
        keepToken,
      );
    }
    case 'streamError': {
      const { condition, text } = farewell.value;
      const why = `the server closed: ${condition} ${text}`;
      if (FINAL_CONDITIONS.has(condition)) return keeper.finish(new ClosedError(why));
      return keeper.pause(0, new ConnectionLost(why));
    }
  }
}
