/** RFC 4616: PLAIN */
import { JidError, preparePassword } from '../jid/index.ts';
import { checkAuthzid, decodeText, usernameFrom } from './identity.ts';
import { type AuthContext, type Mechanism, SaslError, type SaslStep } from './mechanism.ts';

export function createPlain(options: { readonly strength: number; readonly isAllowedWithoutTls: boolean }): Mechanism {
  return {
    name: 'PLAIN',
    strength: options.strength,
    isOffered: ({ secure }) => secure || options.isAllowedWithoutTls,
    start: (context) => ({
      step: (response) => (response === undefined ? { challenge: new Uint8Array() } : logIn(context, response)),
    }),
  };
}

async function logIn(context: AuthContext, response: Uint8Array): Promise<SaslStep> {
  // §2: [authzid] NUL authcid NUL passwd, the last two not empty.
  const [authzid = '', authcid = '', passwd = '', ...rest] = decodeText(response).split('\0');
  if (authcid === '' || passwd === '' || rest.length > 0) {
    throw new SaslError('malformed-request', 'not a PLAIN message');
  }
  const username = usernameFrom(authcid);
  // Before the password is looked at: the answer says nothing about the account.
  checkAuthzid(authzid, username, context.domain);
  const isRight = await context.accounts.verifyPassword(username, prepared(passwd), context.address);
  if (!isRight) throw new SaslError('not-authorized');
  return { username };
}

/** @throws SaslError not-authorized: no account can have that password */
function prepared(passwd: string): string {
  try {
    return preparePassword(passwd);
  } catch (cause) {
    if (cause instanceof JidError) throw new SaslError('not-authorized', undefined, { cause });
    throw cause;
  }
}
