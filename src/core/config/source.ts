/** The configuration as it was written: a YAML file, options given by the embedding program, or both */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { isAlias, isMap, isScalar, isSeq, LineCounter, type ParsedNode, parseDocument } from 'yaml';
import { ConfigError, type ConfigProblem } from './config-error.ts';

export type ConfigPath = readonly PropertyKey[];

/** What was written, before any validation. */
export interface ConfigSource {
  readonly file: string | undefined;
  /** Relative paths in the configuration are relative to this directory: the file's, else the working directory. */
  readonly dir: string;
  /** Sections left empty in the file are missing here; a module listed without options is `{}`. */
  readonly value: Readonly<Record<string, unknown>>;
  /** Names the place of an option, with the line when it is in the file. */
  problem(path: ConfigPath, message: string): ConfigProblem;
}

/**
 * Reads the file when one is named, and lays `overrides` over it: objects are merged, everything else is replaced.
 * @throws ConfigError when the file cannot be read or is no YAML mapping
 */
export async function readConfig(file?: string, overrides: Record<string, unknown> = {}): Promise<ConfigSource> {
  const written = file === undefined ? undefined : parseFile(file, await readText(file));
  const value = merge(dropEmpty(written?.value ?? {}), overrides) as Record<string, unknown>;
  return {
    file,
    dir: file === undefined ? process.cwd() : dirname(resolve(file)),
    value,
    problem(path, message) {
      const text = formatPath(path);
      if (written === undefined || has(overrides, path)) return { path: text, message };
      return { path: text, message, file, line: written.lineOf(path) };
    },
  };
}

/** `listeners[1].port` */
export function formatPath(path: ConfigPath): string {
  return path
    .map((step, at) => (typeof step === 'number' ? `[${step}]` : at === 0 ? String(step) : `.${String(step)}`))
    .join('');
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const why = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`;
    throw new ConfigError([{ path: '', message: why, file }], { cause });
  }
}

interface Written {
  readonly value: unknown;
  lineOf(path: ConfigPath): number | undefined;
}

function parseFile(file: string, text: string): Written {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number) => lines.linePos(offset).line;
  const problems = [...document.errors, ...document.warnings];
  if (problems.length > 0) {
    throw new ConfigError(
      problems.map((error) => ({ path: '', message: error.message, file, line: lineAt(error.pos[0]) })),
    );
  }
  const root = document.contents;
  if (root !== null && !isMap(root) && !(isScalar(root) && root.value === null)) {
    throw new ConfigError([{ path: '', message: 'expected a mapping of sections', file, line: lineAt(root.range[0]) }]);
  }
  return {
    value: document.toJS() ?? {},
    lineOf(path) {
      let node: ParsedNode | null | undefined = root;
      let line: number | undefined;
      for (const step of path) {
        if (isAlias(node)) node = node.resolve(document) as ParsedNode | undefined;
        if (isMap(node)) {
          const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
          if (pair === undefined) break;
          line = lineAt((pair.key as ParsedNode).range[0]);
          node = pair.value as ParsedNode | null;
        } else if (isSeq(node)) {
          node = node.items[Number(step)] as ParsedNode | undefined;
          if (node === undefined) break;
          line = lineAt(node.range[0]);
        } else break;
      }
      return line;
    },
  };
}

/** `limits:` with nothing below it means the same as no line at all; the name alone of a host or module is enough. */
function dropEmpty(value: unknown, section = ''): unknown {
  if (!isObject(value)) return value;
  const kept: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    if (inner !== null) kept[key] = dropEmpty(inner, key);
    else if (section === 'hosts' || section === 'modules') kept[key] = {};
  }
  return kept;
}

function merge(below: unknown, above: unknown): unknown {
  if (above === undefined) return below;
  if (!isObject(below) || !isObject(above)) return above;
  const merged = { ...below };
  for (const [key, value] of Object.entries(above)) merged[key] = merge(below[key], value);
  return merged;
}

function has(value: unknown, path: ConfigPath): boolean {
  let at = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return false;
    at = (at as Record<PropertyKey, unknown>)[step];
  }
  return path.length > 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
