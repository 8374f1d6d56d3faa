/** The fields of a command's input, for the faces that ask for them one by one. No other import than zod: see commands/specs.ts. */
import { z } from 'zod';
import type { CommandSpec } from './command.ts';

export interface CommandField {
  readonly name: string;
  /** Of JSON: string, integer, number, boolean or array. */
  readonly type: string | undefined;
  readonly description: string;
  readonly choices: readonly string[] | undefined;
  readonly fallback: unknown;
  readonly isRequired: boolean;
  readonly isSecret: boolean;
}

export function fieldsOf({ input }: CommandSpec): CommandField[] {
  const { properties = {}, required = [] } = z.toJSONSchema(input, { io: 'input' });
  return Object.entries(properties).map(([name, property]) => {
    const { type, description = '', enum: choices, default: fallback, secret } = property as z.core.JSONSchema.Schema;
    return {
      name,
      type: typeof type === 'string' ? type : undefined,
      description,
      choices: choices as readonly string[] | undefined,
      fallback,
      isRequired: required.includes(name),
      isSecret: secret === true,
    };
  });
}

/**
 * An input from texts, as queries and forms have them. What is no text of the field's type stays as it is, for the schema to
 * refuse; a field that is not there is left out.
 */
export function inputFromTexts(
  spec: CommandSpec,
  texts: ReadonlyMap<string, readonly string[]>,
): Record<string, unknown> {
  const types = new Map(fieldsOf(spec).map(({ name, type }) => [name, type]));
  return Object.fromEntries(
    [...texts].map(([name, values]) => {
      const type = types.get(name);
      const read = values.map((text) => readText(text, type));
      return [name, type === 'array' || read.length !== 1 ? read : read[0]];
    }),
  );
}

function readText(text: string, type: string | undefined): unknown {
  if (type === 'integer' || type === 'number') return /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : text;
  if (type === 'boolean') {
    if (text === 'true' || text === '1') return true;
    if (text === 'false' || text === '0') return false;
  }
  return text;
}
