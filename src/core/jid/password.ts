/** RFC 8265 §4: passwords, instances of OpaqueString. */
import { JidError } from './error.ts';
import { enforceOpaqueString } from './precis.ts';

const ASCII = /^[ -~]+$/;

/** Throws JidError when `text` is empty or holds characters a password may not have (controls, unassigned). */
export function preparePassword(text: string): string {
  if (text === '') throw new JidError('password is empty');
  return ASCII.test(text) ? text : enforceOpaqueString('password', text);
}
