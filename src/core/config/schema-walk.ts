/** Looks into zod schemas: what stands at a place, what it falls back to, how it is marked */
import { z } from 'zod';

/** Whether `tharsis reload` applies a change, or only a restart does. Set by `.meta({ reload: 'live' })`. */
export type Reload = 'live' | 'restart';

export type Schema = z.core.$ZodType;

export interface Unwrapped {
  /** The schema without its wrappers (optional, default, pipe and the like). */
  readonly inner: z.core.$ZodTypes;
  /** The default value; undefined without one. */
  readonly fallback: unknown;
  readonly description: string | undefined;
  /** Undefined where the marker is that of the section around. */
  readonly reload: Reload | undefined;
}

export function unwrap(schema: Schema): Unwrapped {
  let inner = schema as z.core.$ZodTypes;
  let fallback: unknown;
  let description: string | undefined;
  let reload: Reload | undefined;
  for (;;) {
    const meta = z.globalRegistry.get(inner);
    description ??= meta?.description;
    reload ??= meta?.reload as Reload | undefined;
    const def = inner._zod.def;
    switch (def.type) {
      case 'default':
      case 'prefault':
        fallback ??= def.defaultValue;
        inner = def.innerType as z.core.$ZodTypes;
        break;
      case 'optional':
      case 'nullable':
      case 'readonly':
        inner = def.innerType as z.core.$ZodTypes;
        break;
      case 'pipe': {
        const first = def.in as z.core.$ZodTypes;
        inner = first._zod.def.type === 'transform' ? (def.out as z.core.$ZodTypes) : first;
        break;
      }
      default:
        return { inner, fallback, description, reload };
    }
  }
}

/** The schema of a member; `value` is what the member is taken from, and tells the options of a union apart. */
export function memberSchema(schema: Schema, key: PropertyKey, value: unknown): Schema | undefined {
  const def = chooseOption(unwrap(schema).inner, value)?._zod.def;
  switch (def?.type) {
    case 'object':
      return Object.hasOwn(def.shape, key) ? def.shape[String(key)] : undefined;
    case 'record':
      return def.valueType;
    case 'array':
      return def.element;
    default:
      return undefined;
  }
}

/** The names an object may have as members; undefined for what is no object. */
export function memberNames(schema: Schema, value: unknown): readonly string[] | undefined {
  const def = chooseOption(unwrap(schema).inner, value)?._zod.def;
  return def?.type === 'object' ? Object.keys(def.shape) : undefined;
}

function chooseOption(inner: z.core.$ZodTypes, value: unknown): z.core.$ZodTypes | undefined {
  const def = inner._zod.def;
  if (def.type !== 'union') return inner;
  const { discriminator } = def as Partial<z.core.$ZodDiscriminatedUnionDef>;
  if (discriminator === undefined) return undefined;
  const wanted = (value as Record<string, unknown> | null | undefined)?.[discriminator];
  for (const option of def.options) {
    const found = unwrap(option).inner;
    if (found._zod.propValues?.[discriminator]?.has(wanted as z.core.util.Primitive)) return found;
  }
  return undefined;
}
