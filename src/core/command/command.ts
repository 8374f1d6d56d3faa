/** An administrator's command: one definition for the command line, and for whatever else comes to carry commands */
import type { ZodObject, ZodRawShape, ZodType, z } from 'zod';
import type { Awaitable } from '../awaitable.ts';

/** What a command is called, takes and gives: all that is needed to offer it where the server is not. */
export interface CommandSpec<Input extends ZodObject<ZodRawShape> = ZodObject<ZodRawShape>, Output = ZodType> {
  /** Words joined by a dot, the object first: `user.add`. */
  readonly name: string;
  /** One line for help texts. */
  readonly summary: string;
  /**
   * Validates the input. A field's `describe()` is its help text; `.meta({ secret: true })` keeps it out of argument lists
   * that others can read.
   */
  readonly input: Input;
  readonly output: Output;
  /** Fields that the command line takes in this order, without their names. */
  readonly positional?: readonly string[];
  /** It changes nothing: HTTP has it under GET, and a token for reading is enough. */
  readonly reads?: boolean;
  /** Whoever may do this may do everything, so a token for its group is not enough. */
  readonly needsAdmin?: boolean;
}

export interface Command extends CommandSpec {
  /** @throws StanzaError for what cannot be done: its text is shown to the administrator. */
  run(input: Record<string, unknown>): Awaitable<unknown>;
}

interface CommandDefinition<Input extends ZodObject<ZodRawShape>, Output extends ZodType>
  extends CommandSpec<Input, Output> {
  run(input: z.output<Input>): Awaitable<z.input<Output>>;
}

/** Ties the types of input and output to `run`. */
export function defineCommand<Input extends ZodObject<ZodRawShape>, Output extends ZodType>(
  definition: CommandDefinition<Input, Output>,
): Command {
  return definition as unknown as Command;
}
