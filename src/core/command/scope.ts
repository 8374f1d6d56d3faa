/** What a token lets its holder do: commands of one group (RFC 6749 §3.3), or all */
import type { CommandSpec } from './command.ts';

export const ADMIN_SCOPE = 'admin';

/** The first word of a command: user of `user.add`. */
export function groupOf({ name }: Pick<CommandSpec, 'name'>): string {
  return name.slice(0, name.indexOf('.'));
}

/** The least that is needed: `user:read`, `user:write`, or `admin`. */
export function scopeOf(spec: Pick<CommandSpec, 'name' | 'reads' | 'needsAdmin'>): string {
  if (spec.needsAdmin) return ADMIN_SCOPE;
  return `${groupOf(spec)}:${spec.reads ? 'read' : 'write'}`;
}

/** Who may write may read. */
export function covers(scopes: readonly string[], needed: string): boolean {
  if (scopes.includes(ADMIN_SCOPE) || scopes.includes(needed)) return true;
  return needed.endsWith(':read') && scopes.includes(needed.replace(/read$/, 'write'));
}
