/** RFC 6120 §6-7, XEP-0388, XEP-0386, XEP-0198 §3, §5: a client logs in and has a session that can be resumed */
import { childNamed, printXml, type XmlNode } from '../../scenarios/runner/xml.ts';
import { base64, bindRequest, type RawClient } from '../../support/raw-client.ts';
import { scramFinal } from '../../support/scram-client.ts';

export const PASSWORD = 'secret';
const NS_SM = "xmlns='urn:xmpp:sm:3'";
const ENABLE = `<enable ${NS_SM} resume='true'/>`;

export interface Login {
  readonly username: string;
  readonly isSasl2: boolean;
  readonly resource: string;
  /** The session to resume, and how many stanzas of it were handled. */
  readonly previous: { readonly id: string; readonly handled: number } | undefined;
}

/** `handled`: the stanzas of the earlier session that the server handled, where it knows. */
export type Established =
  | { readonly isResumed: true; readonly handled: number }
  | { readonly isResumed: false; readonly id: string; readonly handled: number | undefined };

/** @throws Error when the connection is lost, or anything is refused but the resumption */
export function establish(link: RawClient, login: Login): Promise<Established> {
  return login.isSasl2 ? bySasl2(link, login) : bySasl(link, login);
}

async function bySasl(link: RawClient, { username, resource, previous }: Login): Promise<Established> {
  await link.features();
  const first = newFirst(username);
  link.auth('SCRAM-SHA-256', base64(`n,,${first}`));
  link.respond(answer(first, await link.next()));
  expectName(await link.next(), 'success');
  await link.features();
  let handled: number | undefined;
  if (previous !== undefined) {
    link.send(resumeRequest(previous));
    const outcome = await link.next();
    handled = numberOf(outcome);
    if (outcome.name === 'resumed') return { isResumed: true, handled: handled as number };
    expectName(outcome, 'failed');
  }
  link.send(bindRequest(resource));
  expectName(await link.next(), 'iq');
  link.send(ENABLE);
  // Before it there may be answers to what an earlier session with this resource had asked.
  return enabled(await link.find('enabled'), handled);
}

/** One round trip more than the challenge. */
async function bySasl2(link: RawClient, { username, resource, previous }: Login): Promise<Established> {
  await link.features();
  const first = newFirst(username);
  const bind = `<bind xmlns='urn:xmpp:bind:0'><tag>${resource}</tag>${ENABLE}</bind>`;
  link.authenticate('SCRAM-SHA-256', base64(`n,,${first}`), (previous ? resumeRequest(previous) : '') + bind);
  link.respond2(answer(first, await link.next()));
  const success = await link.next();
  expectName(success, 'success');
  const resumed = childNamed(success, 'resumed');
  if (resumed !== undefined) return { isResumed: true, handled: numberOf(resumed) as number };
  const bound = childNamed(success, 'bound');
  return enabled(bound && childNamed(bound, 'enabled'), numberOf(childNamed(success, 'failed')));
}

function enabled(node: XmlNode | undefined, handled: number | undefined): Established {
  expectName(node, 'enabled');
  return { isResumed: false, id: node?.attrs.id ?? '', handled };
}

const newFirst = (username: string) => `n=${username},r=nonce-${Math.random()}`;

function answer(first: string, challenge: XmlNode): string {
  expectName(challenge, 'challenge');
  const serverFirst = Buffer.from(challenge.children.join(''), 'base64').toString();
  return base64(scramFinal({ hash: 'SHA-256', password: PASSWORD, bare: first, serverFirst }).message);
}

function resumeRequest({ id, handled }: { readonly id: string; readonly handled: number }): string {
  return `<resume ${NS_SM} previd='${id}' h='${handled}'/>`;
}

function numberOf(node: XmlNode | undefined): number | undefined {
  return node?.attrs.h === undefined ? undefined : Number(node.attrs.h);
}

function expectName(node: XmlNode | undefined, name: string): void {
  if (node?.name !== name) throw new Error(`not <${name}/>: ${node && printXml(node)}`);
}
