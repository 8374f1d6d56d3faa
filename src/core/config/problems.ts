/** What zod finds wrong, in words for the person who wrote the file */
import type { z } from 'zod';
import type { ConfigProblem } from './config-error.ts';
import type { KnownParts } from './schema.ts';
import { memberNames, memberSchema, type Schema } from './schema-walk.ts';
import type { ConfigPath, ConfigSource } from './source.ts';

export function explain(
  issues: readonly z.core.$ZodIssue[],
  schema: Schema,
  source: ConfigSource,
  known: Pick<KnownParts, 'transports' | 'rpcBackends'>,
): ConfigProblem[] {
  return issues.flatMap((issue): ConfigProblem[] => {
    switch (issue.code) {
      case 'unrecognized_keys': {
        const names = namesAt(schema, issue.path, source.value);
        return issue.keys.map((key) =>
          source.problem([...issue.path, key], `unknown option${suggestion(String(key), names)}`),
        );
      }
      case 'invalid_union': {
        const parts = { listeners: known.transports, rpc: known.rpcBackends }[String(issue.path[0])];
        if (parts === undefined) break;
        const names = [...parts.keys()];
        const name = valueAt(source.value, issue.path);
        const guess = typeof name === 'string' ? suggestion(name, names) : '';
        return [source.problem(issue.path, `expected one of ${names.join(', ')}${guess}`)];
      }
      case 'invalid_key':
        return [source.problem(issue.path, issue.issues[0]?.message ?? issue.message)];
    }
    return [source.problem(issue.path, issue.message.replace(/^Invalid (input|option): /, ''))];
  });
}

function namesAt(schema: Schema, path: ConfigPath, root: unknown): readonly string[] {
  let at: Schema | undefined = schema;
  let value = root;
  for (const step of path) {
    at = memberSchema(at, step, value);
    if (at === undefined) return [];
    value = valueAt(value, [step]);
  }
  return memberNames(at, value) ?? [];
}

function valueAt(root: unknown, path: ConfigPath): unknown {
  let value = root;
  for (const step of path) value = (value as Record<PropertyKey, unknown> | null | undefined)?.[step];
  return value;
}

/** ` (did you mean max_items?)`, for the nearest name that differs in a third of its letters at most; else nothing. */
export function suggestion(given: string, names: readonly string[]): string {
  let nearest: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const name of names) {
    const distance = editDistance(given.toLowerCase(), name);
    if (distance < least && distance <= Math.max(1, Math.ceil(name.length / 3))) {
      nearest = name;
      least = distance;
    }
  }
  return nearest === undefined ? '' : ` (did you mean ${nearest}?)`;
}

/** Levenshtein: insertions, deletions and replacements of one letter. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
