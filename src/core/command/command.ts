/** An administrator's command: one definition for the command line, and for whatever else comes to carry commands */
import type { ZodObject, ZodRawShape, ZodType, z } from 'zod';
import type { Awaitable } from '../awaitable.ts';

export interface Command {
  /** Words joined by a dot, the object first: `user.add`. */
  readonly name: string;
  /** One line for help texts. */
  readonly summary: string;
  /** Validates the input. A field's `describe()` is its help text. */
  readonly input: ZodObject<ZodRawShape>;
  readonly output: ZodType;
  /** @throws StanzaError for what cannot be done: its text is shown to the administrator. */
  run(input: Record<string, unknown>): Awaitable<unknown>;
}

interface CommandDefinition<Input extends ZodObject<ZodRawShape>, Output extends ZodType> {
  readonly name: string;
  readonly summary: string;
  readonly input: Input;
  readonly output: Output;
  run(input: z.output<Input>): Awaitable<z.input<Output>>;
}

/** Ties the types of input and output to `run`. */
export function defineCommand<Input extends ZodObject<ZodRawShape>, Output extends ZodType>(
  definition: CommandDefinition<Input, Output>,
): Command {
  return definition as unknown as Command;
}
