import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';

export interface ScramAttempt {
  readonly hash: 'SHA-1' | 'SHA-256' | 'SHA-512';
  readonly password: string;
  readonly gs2Header?: string;
  /** What the client thinks it is bound to. */
  readonly bindingData?: Uint8Array;
  readonly bare: string;
  readonly serverFirst: string;
  /** Instead of the nonce of serverFirst. */
  readonly nonce?: string;
}

/** RFC 5802 §3 from the client's side: its last message, and what the server has to answer. */
export function scramFinal(attempt: ScramAttempt): { message: string; verifier: string } {
  const digest = attempt.hash.replace('-', '').toLowerCase();
  const [, nonce = '', salt = '', iterations = ''] =
    /^r=([^,]*),s=([^,]*),i=(\d+)(?:,|$)/.exec(attempt.serverFirst) ?? [];
  const length = createHash(digest).digest().length;
  const salted = pbkdf2Sync(attempt.password, Buffer.from(salt, 'base64'), Number(iterations), length, digest);
  const hmac = (key: Uint8Array, text: string) => createHmac(digest, key).update(text).digest();
  const clientKey = hmac(salted, 'Client Key');
  const bound = Buffer.concat([Buffer.from(attempt.gs2Header ?? 'n,,'), attempt.bindingData ?? new Uint8Array()]);
  const withoutProof = `c=${bound.toString('base64')},r=${attempt.nonce ?? nonce}`;
  const signed = `${attempt.bare},${attempt.serverFirst},${withoutProof}`;
  const signature = hmac(createHash(digest).update(clientKey).digest(), signed);
  const proof = Buffer.from(clientKey.map((byte, i) => byte ^ signature.readUInt8(i)));
  return {
    message: `${withoutProof},p=${proof.toString('base64')}`,
    verifier: `v=${hmac(hmac(salted, 'Server Key'), signed).toString('base64')}`,
  };
}
