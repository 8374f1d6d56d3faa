/** 1061, 1062: the end of an account, and its password (XEP-0077 §3.2, §3.3) */
import { ns, SaslError, StanzaError } from '#core';
import type { Request } from '../request.ts';
import type { MarsSession } from '../session/mars-session.ts';
import { questionElement } from '../session/question-element.ts';
import { NS_REGISTER } from '../stanza-mapping/namespaces.ts';

const query = ns(NS_REGISTER);

export function deleteAccount(mars: MarsSession, request: Request): void {
  const own = { id: request.body.id, to: '' };
  mars.ask(request, questionElement('set', own, query('query', {}, query('remove'))), () => request.answer());
}

/** The old password is checked where it is given: somebody may have found the device unlocked. */
export function changePassword(mars: MarsSession, request: Request): void {
  const { payload, id } = request.body;
  if (payload.case !== 'newPassword') throw new StanzaError('bad-request', 'new_password is missing');
  const { oldPassword, newPassword } = payload.value;
  const { local } = mars.session.user;
  const change = (): void => {
    const form = query('query', {}, query('username', {}, local), query('password', {}, newPassword));
    mars.ask(request, questionElement('set', { id, to: '' }, form), () => request.answer());
  };
  if (oldPassword === '') return change();
  const { accounts, log } = mars.session.host;
  const { address } = mars.connection.peer;
  accounts
    .verifyPassword(local, oldPassword, address)
    .then((isRight) => {
      if (!isRight) throw new StanzaError('not-authorized', 'the old password is another one');
      change();
    })
    .catch((error: unknown) =>
      request.fail(asRefusal(error), (err) => log.error({ err }, 'an old password was not checked')),
    );
}

/** Where accounts are kept elsewhere, that place may not answer. */
function asRefusal(error: unknown): unknown {
  if (!(error instanceof SaslError)) return error;
  return new StanzaError('resource-constraint', error.text, { cause: error });
}
