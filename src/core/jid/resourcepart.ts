/** RFC 7622 §3.4: the resourcepart, an instance of OpaqueString (RFC 8265 §4.2). */
import { checkLength } from './length.ts';
import { enforceOpaqueString } from './precis.ts';

const ASCII = /^[ -~]+$/;

export function prepareResource(text: string): string {
  return checkLength('resourcepart', ASCII.test(text) ? text : enforceOpaqueString('resourcepart', text));
}
