/** RFC 6120 §13.9.3: which domains there is federation with */

export interface DomainLists {
  readonly allow: readonly string[];
  readonly block: readonly string[];
}

/** Read each time: a reload changes the lists. */
export function isFederated(domain: string, { allow, block }: DomainLists): boolean {
  if (isIn(block, domain)) return false;
  return allow.length === 0 || isIn(allow, domain);
}

/** A domain stands for its subdomains too. */
function isIn(list: readonly string[], domain: string): boolean {
  return list.some((listed) => domain === listed || domain.endsWith(`.${listed}`));
}
