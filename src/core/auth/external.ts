/** RFC 4422 Appendix A, XEP-0178 §2: EXTERNAL, with the certificate the client showed in the TLS handshake */
import { Jid } from '../jid/index.ts';
import { decodeText } from './identity.ts';
import { type AuthContext, type Mechanism, SaslError, type SaslStep } from './mechanism.ts';

export function createExternal(strength: number): Mechanism {
  return {
    name: 'EXTERNAL',
    strength,
    isOffered: (context) => context.secure && accountsNamed(context).length > 0,
    start: (context) => ({
      step: (response) => (response === undefined ? { challenge: new Uint8Array() } : logIn(context, response)),
    }),
  };
}

async function logIn(context: AuthContext, response: Uint8Array): Promise<SaslStep> {
  const username = chosen(accountsNamed(context), decodeText(response));
  const account = await context.accounts.get(username);
  if (account === undefined || account.disabled) throw new SaslError('not-authorized');
  return { username };
}

/** XEP-0178 §2 step 11: without an authorization identity the certificate has to leave no choice. */
function chosen(named: readonly Jid[], authzid: string): string {
  const jid = authzid === '' ? undefined : Jid.tryParse(authzid);
  const [match, ...others] = authzid === '' ? named : named.filter((name) => name.equals(jid));
  if (match === undefined || others.length > 0) {
    throw new SaslError('invalid-authzid', 'the certificate does not say which account is meant');
  }
  return match.local;
}

/** The accounts of this host that the certificate names, each once. */
function accountsNamed({ certificateJids, domain }: AuthContext): readonly Jid[] {
  const jids = (certificateJids ?? []).map((text) => Jid.tryParse(text));
  const local = jids.filter((jid) => jid?.isBare && jid.local !== '' && jid.domain === domain);
  return local.filter((jid, i): jid is Jid => local.findIndex((other) => other?.equals(jid)) === i);
}
