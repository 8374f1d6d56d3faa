/** 1060: an account is made (XEP-0077 §3.1) */
import { type Awaitable, type Element, iq, ns, prepareLocal, StanzaError, whenDone } from '#core';
import type { Request } from '../request.ts';
import { textElement } from '../stanza-mapping/extension.ts';
import { NS_REGISTER } from '../stanza-mapping/namespaces.ts';
import type { Login } from './login.ts';

const query = ns(NS_REGISTER);

/** XEP-0077 §14.1, besides username and password. */
const FIELDS: ReadonlySet<string> = new Set(
  'nick name first last email address city state zip phone url date misc text key'.split(' '),
);

export function register(login: Login, request: Request): Awaitable<void> {
  const { to, payload } = request.body;
  if (payload.case !== 'registration') throw new StanzaError('bad-request', 'registration is missing');
  const { username, password, fields } = payload.value;
  const host = login.hostFor(to);
  const more = Object.entries(fields).map(([name, text]) => field(name, text));
  const form = query('query', {}, query('username', {}, username), query('password', {}, password), more);
  const stanza = iq({ type: 'set', id: request.body.id || 'register', to: host.domain }, form);
  const answer = host.iqs.find(stanza, 'stream');
  if (answer === undefined) throw new StanzaError('service-unavailable', 'accounts are not made here');
  const context = { target: 'stream', user: undefined, address: login.connection.peer.address } as const;
  return whenDone(answer(stanza, context), () => {
    const jid = `${prepareLocal(username)}@${host.domain}`;
    request.answer({ payload: { case: 'registered', value: { jid } } });
  });
}

function field(name: string, text: string): Element {
  if (!FIELDS.has(name)) throw new StanzaError('bad-request', `${name} is no field of a registration`);
  return textElement(name, NS_REGISTER, text);
}
