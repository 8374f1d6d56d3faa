/** Every option a schema has, for the reference page */
import { z } from 'zod';
import { type Reload, type Schema, unwrap } from './schema-walk.ts';

export interface OptionInfo {
  /** Relative to the schema, such as `max_items` or `filter.level`. */
  readonly path: string;
  /** In words, such as `integer, 1 to 65535`. */
  readonly type: string;
  /** Undefined without a default: then nothing is set. */
  readonly fallback: unknown;
  readonly isRequired: boolean;
  readonly reload: Reload;
  readonly description: string;
}

/** The options of a section, in the order of its schema. */
export function listOptions(schema: Schema, around: Reload = 'restart', prefix = ''): OptionInfo[] {
  const { inner, reload = around } = unwrap(schema);
  if (inner._zod.def.type !== 'object') return [];
  return Object.entries(inner._zod.def.shape).flatMap(([name, member]) => {
    const option = unwrap(member);
    const path = prefix + name;
    if (option.inner._zod.def.type === 'object') return listOptions(member, reload, `${path}.`);
    return {
      path,
      type: typeInWords(option.inner),
      fallback: option.fallback,
      isRequired: option.fallback === undefined && member._zod.optin !== 'optional',
      reload: option.reload ?? reload,
      description: option.description ?? '',
    };
  });
}

function typeInWords(schema: z.core.$ZodTypes): string {
  const def = schema._zod.def;
  switch (def.type) {
    case 'enum':
      return Object.values(def.entries)
        .map((value) => `\`${value}\``)
        .join(', ');
    case 'literal':
      return def.values.map((value) => `\`${value}\``).join(', ');
    case 'array':
      return `list of ${typeInWords(unwrap(def.element).inner)}`;
    case 'union':
      return def.options.map((option) => typeInWords(unwrap(option).inner)).join(' or ');
    case 'record':
      return `mapping to ${typeInWords(unwrap(def.valueType).inner)}`;
    case 'number':
      return numberInWords(schema);
    default:
      return def.type;
  }
}

function numberInWords(schema: z.core.$ZodType): string {
  const { type, minimum, maximum } = z.toJSONSchema(schema);
  return minimum === undefined || maximum === undefined ? `${type}` : `${type}, ${minimum} to ${maximum}`;
}
