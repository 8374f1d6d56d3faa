/** What changed between two configurations, and which of it takes effect at once */
import { isDeepStrictEqual } from 'node:util';
import type { Config } from './schema.ts';
import { memberSchema, type Reload, type Schema, unwrap } from './schema-walk.ts';
import { type ConfigPath, formatPath } from './source.ts';

export interface ConfigChange {
  readonly path: string;
  readonly steps: ConfigPath;
  /** Undefined where there was none. */
  readonly before: unknown;
  /** Undefined where it is gone. */
  readonly after: unknown;
  readonly reload: Reload;
}

/** Down to single options; a list that became longer or shorter is one change. `schema` is that of `after`. */
export function diffConfig(schema: Schema, before: Config, after: Config): ConfigChange[] {
  const changes: ConfigChange[] = [];
  collect(changes, schema, [], before, after, 'restart');
  return changes;
}

/**
 * Takes the live changes over into `config`, in place: who holds a part of it sees the new value. So a live option is
 * read each time it is used, and never copied.
 */
export function applyLive(config: Config, changes: readonly ConfigChange[]): void {
  for (const { steps, after, reload } of changes) {
    if (reload !== 'live') continue;
    let parent: unknown = config;
    for (const step of steps.slice(0, -1)) parent = (parent as Record<PropertyKey, unknown>)[step];
    const last = steps.at(-1);
    if (last !== undefined) (parent as Record<PropertyKey, unknown>)[last] = after;
  }
}

function collect(
  into: ConfigChange[],
  schema: Schema | undefined,
  steps: ConfigPath,
  before: unknown,
  after: unknown,
  around: Reload,
): void {
  if (isDeepStrictEqual(before, after)) return;
  const reload = (schema === undefined ? undefined : unwrap(schema).reload) ?? around;
  if (!isTree(before) || !isTree(after) || !haveSameForm(before, after)) {
    into.push({ path: formatPath(steps), steps, before, after, reload });
    return;
  }
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const member = schema === undefined ? undefined : memberSchema(schema, key, after);
    const step = Array.isArray(before) ? Number(key) : key;
    collect(into, member, [...steps, step], before[key as never], after[key as never], reload);
  }
}

function isTree(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Both objects, or both lists of one length: the members can be compared one by one. */
function haveSameForm(before: object, after: object): boolean {
  if (Array.isArray(before)) return Array.isArray(after) && before.length === after.length;
  return !Array.isArray(after);
}
