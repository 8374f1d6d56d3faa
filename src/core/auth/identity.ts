/** RFC 4422 §2, RFC 6120 §6.3.8: the names and texts that all mechanisms read alike */
import { Jid, JidError, prepareLocal } from '../jid/index.ts';
import { SaslError } from './mechanism.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws SaslError malformed-request when the bytes are not UTF-8 */
export function decodeText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new SaslError('malformed-request', 'the message is not UTF-8', { cause });
  }
}

/** The localpart a username stands for. @throws SaslError not-authorized: no account can have that name */
export function usernameFrom(text: string): string {
  try {
    return prepareLocal(text);
  } catch (cause) {
    if (cause instanceof JidError) throw new SaslError('not-authorized', undefined, { cause });
    throw cause;
  }
}

/** RFC 6120 §6.3.8: nobody acts for anybody else, so an authorization identity can only be the account's bare JID. */
export function checkAuthzid(authzid: string, username: string, domain: string): void {
  if (authzid === '') return;
  const jid = Jid.tryParse(authzid);
  if (jid?.isBare && jid.local === username && jid.domain === domain) return;
  throw new SaslError('invalid-authzid', 'the authorization identity is not the bare JID of the account');
}
