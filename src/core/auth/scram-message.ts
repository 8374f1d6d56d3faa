/** RFC 5802 §7: the formal syntax of what the client sends */
import { SaslError } from './mechanism.ts';

export interface ClientFirst {
  /** As sent, with both commas. */
  readonly gs2Header: string;
  /** The binding type of `p=`; 'n' and 'y' give undefined. */
  readonly binding: string | undefined;
  /** `y`: the client can bind, and believes that the server cannot. */
  readonly isBindingMissed: boolean;
  /** Decoded; '' when absent. */
  readonly authzid: string;
  /** Decoded, not prepared. */
  readonly username: string;
  readonly nonce: string;
  readonly bare: string;
}

export interface ClientFinal {
  /** The GS2 header and the binding data, in base64. */
  readonly bound: string;
  readonly nonce: string;
  readonly proof: Buffer;
  readonly withoutProof: string;
}

const SASLNAME = '(?:[^\\0=,]|=2C|=3D)+';
const NONCE = '[\\x21-\\x2b\\x2d-\\x7e]+';
const EXTENSIONS = '(?:,[A-Za-z]=[^\\0,]+)*';
const BASE64 = '(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?';

const FIRST = new RegExp(
  `^((?:p=([A-Za-z0-9.-]+)|([ny])),(?:a=(${SASLNAME}))?,)((m=[^\\0,]+,)?n=(${SASLNAME}),r=(${NONCE})${EXTENSIONS})$`,
  'u',
);
const FINAL = new RegExp(`^(c=(${BASE64}),r=(${NONCE})${EXTENSIONS}),p=(${BASE64})$`, 'u');

/** @throws SaslError malformed-request */
export function parseClientFirst(message: string): ClientFirst {
  const match = FIRST.exec(message);
  if (match === null) throw new SaslError('malformed-request', 'not a SCRAM client-first-message');
  const [, gs2Header = '', binding, flag, authzid = '', bare = '', mandatory, username = '', nonce = ''] = match;
  // §5.1: an extension that is mandatory and unknown fails the authentication.
  if (mandatory !== undefined) throw new SaslError('malformed-request', 'a mandatory extension is not supported');
  return {
    gs2Header,
    binding,
    isBindingMissed: flag === 'y',
    authzid: decodeSaslname(authzid),
    username: decodeSaslname(username),
    nonce,
    bare,
  };
}

/** @throws SaslError malformed-request */
export function parseClientFinal(message: string): ClientFinal {
  const match = FINAL.exec(message);
  if (match === null) throw new SaslError('malformed-request', 'not a SCRAM client-final-message');
  const [, withoutProof = '', bound = '', nonce = '', proof = ''] = match;
  return { bound, nonce, proof: Buffer.from(proof, 'base64'), withoutProof };
}

function decodeSaslname(name: string): string {
  return name.replaceAll('=2C', ',').replaceAll('=3D', '=');
}
