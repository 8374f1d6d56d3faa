/** XEP-0388 §2.3: what a client tells of itself when it logs in */
import { SaslError } from '../auth/index.ts';
import type { UserAgent } from '../session/index.ts';
import type { Element } from '../xml/index.ts';

const UUID_V4 = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/i;
/** Of a name for people; the rest is cut off. */
const NAME_LENGTH = 128;

/** @throws SaslError malformed-request when the id is no UUID v4 */
export function userAgentIn(authenticate: Element): UserAgent | undefined {
  const agent = authenticate.child('user-agent');
  if (agent === undefined) return undefined;
  const id = agent.attr('id');
  if (id !== undefined && !UUID_V4.test(id)) {
    throw new SaslError('malformed-request', 'the id of a user agent is a UUID v4');
  }
  return {
    id: id?.toLowerCase(),
    software: agent.childText('software')?.slice(0, NAME_LENGTH),
    device: agent.childText('device')?.slice(0, NAME_LENGTH),
  };
}
