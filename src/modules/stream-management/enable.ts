/** XEP-0198 §3: from now on stanzas are counted and acknowledged */
import { randomBytes } from 'node:crypto';
import { type ClientSession, type Element, type ManagementRules, managementLimits } from '#core';
import type { StreamManagementConfig } from './index.ts';
import { askForAck, failed, sm } from './nonzas.ts';

/** Answers `<enable/>` of a bound session, on its stream or inline in its bind request (§8.1). */
export function enabling(config: StreamManagementConfig): (session: ClientSession, request: Element) => Element {
  const rules: ManagementRules = {
    ...managementLimits(config),
    ask: (session) => session.send(askForAck),
    tell: (session, handled) => session.send(sm('a', { h: String(handled) })),
  };

  return (session, { attrs }) => {
    // §3 would have the stream end, and its example does not (§6: recoverable), nor can the clients that do it live with it.
    if (session.management !== undefined) return failed('unexpected-request');
    const seconds = patience(config.resume_seconds, attrs.max);
    if ((attrs.resume !== 'true' && attrs.resume !== '1') || seconds === 0) {
      session.manage(rules);
      return sm('enabled');
    }
    const id = randomBytes(18).toString('base64url');
    session.manage(rules, { id, patienceMs: seconds * 1000 });
    return sm('enabled', { id, resume: 'true', max: String(seconds) });
  };
}

/** The client may want less. */
function patience(most: number, wanted: string | undefined): number {
  return wanted !== undefined && /^0*[1-9]\d{0,8}$/.test(wanted) ? Math.min(most, Number(wanted)) : most;
}
