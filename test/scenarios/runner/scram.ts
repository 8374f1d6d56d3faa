/** RFC 5802: the client's side of SCRAM-SHA-1, the one mechanism every XMPP server has had to offer since RFC 6120 §13.8. */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

export interface ScramClient {
  readonly first: string;
  /** The client's final message, from the server's first. */
  final(serverFirst: string): string;
  /** Whether the server's final message proves that it knows the account too. */
  accepts(serverFinal: string): boolean;
}

export function scramSha1(localpart: string, password: string): ScramClient {
  const bare = `n=${localpart},r=${randomBytes(12).toString('base64')}`;
  let signature = '';
  return {
    first: `n,,${bare}`,
    final(serverFirst) {
      const [, nonce = '', salt = '', iterations = ''] = /^r=([^,]+),s=([^,]+),i=(\d+)/.exec(serverFirst) ?? [];
      const unsigned = `c=${Buffer.from('n,,').toString('base64')},r=${nonce}`;
      const signed = `${bare},${serverFirst},${unsigned}`;
      const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), Number(iterations), 20, 'sha1');
      const clientKey = hmac(salted, 'Client Key');
      const proof = hmac(createHash('sha1').update(clientKey).digest(), signed);
      for (const [index, byte] of clientKey.entries()) proof[index] = byte ^ (proof[index] ?? 0);
      signature = hmac(hmac(salted, 'Server Key'), signed).toString('base64');
      return `${unsigned},p=${proof.toString('base64')}`;
    },
    accepts: (serverFinal) => serverFinal === `v=${signature}`,
  };
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha1', key).update(text).digest();
}
