/** RFC 7628: OAUTHBEARER, for accounts whose provider takes bearer tokens */
import { checkAuthzid, decodeText } from './identity.ts';
import { type AuthContext, type Mechanism, SaslError, type SaslExchange, type SaslStep } from './mechanism.ts';

/** §3.1: ends each key-value pair, and the list of them. */
const KVSEP = '\x01';
/** §3.1: no channel binding, and perhaps the account that is meant, with its commas and equals signs escaped. */
const GS2_HEADER = /^[ny],(?:a=([^,]*))?,$/;
/** RFC 6750 §2.1 */
const BEARER = /^bearer +([A-Za-z0-9._~+/-]+=*) *$/i;

export function createOauthBearer(options: {
  readonly strength: number;
  readonly isAllowedWithoutTls: boolean;
}): Mechanism {
  return {
    name: 'OAUTHBEARER',
    strength: options.strength,
    isOffered: ({ secure, accounts }) => (secure || options.isAllowedWithoutTls) && accounts.verifyToken !== undefined,
    start: (context) => new OauthBearerExchange(context),
  };
}

class OauthBearerExchange implements SaslExchange {
  readonly #context: AuthContext;
  /** The outcome, after the client was told the reason and before it has acknowledged that. */
  #failure: SaslError | undefined;

  constructor(context: AuthContext) {
    this.#context = context;
  }

  async step(response: Uint8Array | undefined): Promise<SaslStep> {
    if (this.#failure !== undefined) throw this.#failure;
    if (response === undefined) return { challenge: new Uint8Array() };
    const { authzid, token } = parse(decodeText(response));
    try {
      return { username: await this.#accountOf(token, authzid) };
    } catch (error) {
      if (!(error instanceof SaslError) || error.condition === 'temporary-auth-failure') throw error;
      // §3.2.2: the reason as JSON, and the failure after the client's acknowledgement (§3.2.3)
      this.#failure = error;
      return { challenge: Buffer.from(JSON.stringify({ status: 'invalid_token' })) };
    }
  }

  async #accountOf(token: string | undefined, authzid: string): Promise<string> {
    const { accounts, address, domain } = this.#context;
    const username = token === undefined ? undefined : await accounts.verifyToken?.(token, address);
    if (username === undefined) throw new SaslError('not-authorized');
    checkAuthzid(authzid, username, domain);
    return username;
  }
}

/** `token` is undefined when there is none of a form that could be right. @throws SaslError malformed-request */
function parse(message: string): { readonly authzid: string; readonly token: string | undefined } {
  const [start = '', ...pairs] = message.split(KVSEP);
  const header = GS2_HEADER.exec(start);
  if (header === null || pairs.pop() !== '' || pairs.pop() !== '') {
    throw new SaslError('malformed-request', 'not an OAUTHBEARER message');
  }
  const [, authzid = ''] = header;
  const auth = pairs.find((pair) => pair.startsWith('auth='));
  return {
    // RFC 5801 §4
    authzid: authzid.replaceAll('=2C', ',').replaceAll('=3D', '='),
    token: BEARER.exec(auth?.slice('auth='.length) ?? '')?.[1],
  };
}
