/** XEP-0050 §4.4: errors with a condition of their own */
import { ns, StanzaError } from '#core';
import { NS_COMMANDS } from './namespaces.ts';

const command = ns(NS_COMMANDS);

type Condition = 'bad-action' | 'bad-locale' | 'bad-payload' | 'bad-sessionid' | 'malformed-action' | 'session-expired';

export function refusal(condition: Condition, text?: string): StanzaError {
  const application = command(condition);
  return condition === 'session-expired'
    ? new StanzaError('not-allowed', text, { application, type: 'cancel' })
    : new StanzaError('bad-request', text, { application, type: 'modify' });
}
