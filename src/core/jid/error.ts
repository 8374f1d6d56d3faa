/** RFC 7622: the error of a malformed address. */

/** The message names the part and the reason, never the whole address. The router answers it with jid-malformed. */
export class JidError extends Error {
  override readonly name = 'JidError';
}
