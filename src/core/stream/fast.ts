/** XEP-0484: Fast Authentication Streamlining Tokens, within SASL2 */
import { type AuthContext, type Fast, SaslError, type TokenLogin } from '../auth/index.ts';
import type { UserAgent } from '../session/index.ts';
import { type Element, ns } from '../xml/index.ts';

const NS_FAST = 'urn:xmpp:fast:0';
const fast = ns(NS_FAST);

/** The largest of xs:int. */
const MOST = 2_147_483_647;

/** §4.1: a child of SASL2's <inline/>; none where no token could be used. */
export function fastOffer(mechanisms: Fast['mechanisms'], context: AuthContext): Element | undefined {
  const names = mechanisms.filter((mechanism) => mechanism.isOffered(context)).map(({ name }) => name);
  return names.length === 0 ? undefined : fast('fast', {}, ...names.map((name) => fast('mechanism', {}, name)));
}

/** §4.4: with what a token comes, undefined for a login without one. @throws SaslError malformed-request */
export function tokenLogin(authenticate: Element, userAgent: UserAgent | undefined): TokenLogin | undefined {
  const request = authenticate.child('fast', NS_FAST);
  if (request === undefined) return undefined;
  const count = request.attr('count');
  if (
    userAgent?.id === undefined ||
    (count !== undefined && !(/^[1-9]\d{0,9}$/.test(count) && Number(count) <= MOST))
  ) {
    throw new SaslError('malformed-request', 'a token needs the id of a user agent, and a count that is positive');
  }
  return { agent: userAgent.id, count: count === undefined ? undefined : Number(count) };
}

/**
 * What a successful login does with tokens: gives a new one to who asks (§4.2) or whose token is old (§4.5), and takes that
 * of who wants to be rid of it (§4.6).
 *
 * @param generation of the tokens when the login began
 * @returns the child of <success/>
 */
export async function renewToken(
  { tokens, mechanisms }: Fast,
  username: string,
  agent: string,
  authenticate: Element,
  context: AuthContext,
  generation: number,
): Promise<Element | undefined> {
  const use = authenticate.child('fast', NS_FAST);
  const wish = authenticate.child('request-token', NS_FAST)?.attr('mechanism');
  const isInvalidated = use !== undefined && /^(?:1|true)$/.test(use.attr('invalidate') ?? '');
  if (isInvalidated) await tokens.revoke(username, agent);
  const isOffered = mechanisms.some((mechanism) => mechanism.name === wish && mechanism.isOffered(context));
  const due = use === undefined || isInvalidated ? undefined : await tokens.due(username, agent);
  const mechanism = isOffered ? wish : due;
  const token = mechanism && (await tokens.issue({ username, agent, mechanism }, generation));
  return token ? fast('token', { token: token.secret, expiry: new Date(token.expires).toISOString() }) : undefined;
}
