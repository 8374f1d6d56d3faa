/** RFC 7622 §3.3: the localpart, UsernameCaseMapped (RFC 8265 §3.3) without eight characters. */
import { JidError } from './error.ts';
import { checkLength } from './length.ts';
import { enforceUsernameCaseMapped } from './precis.ts';

// U+0021-U+007E without the characters excluded by §3.3.1: " & ' / : < > @
const ASCII = /^[!#-%(-.0-9;=?A-~]+$/;
const EXCLUDED = /["&'/:<>@]/;

export function prepareLocal(text: string): string {
  if (ASCII.test(text)) return checkLength('localpart', text.toLowerCase());
  const prepared = enforceUsernameCaseMapped('localpart', text);
  // After preparation, since width mapping turns U+FF20 into "@" and U+FF0F into "/".
  if (EXCLUDED.test(prepared)) throw new JidError('localpart contains one of " & \' / : < > @');
  return checkLength('localpart', prepared);
}
