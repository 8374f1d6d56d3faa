/** Mechanism ROUTER: the name of the router, a zero, and its secret. It comes from where it should, or it is none. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { decodeText, Networks, SaslError } from '#core';
import type { RouterRule } from './config.ts';

/** @throws SaslError not-authorized, malformed-request */
export function routerNamed(rules: readonly RouterRule[], data: Uint8Array, address: string): RouterRule {
  const [name = '', secret = '', ...rest] = decodeText(data).split('\0');
  if (rest.length > 0) throw new SaslError('malformed-request', 'not a message of ROUTER');
  const rule = rules.find((each) => each.name === name);
  // One path for all, so that the time says nothing of the names there are.
  const isRight = timingSafeEqual(hashOf(secret), hashOf(rule?.secret ?? ''));
  if (rule === undefined || !isRight || !new Networks(rule.addresses).has(address))
    throw new SaslError('not-authorized');
  return rule;
}

/** Texts of different lengths, in the same time. */
function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
