/** From the input of a command definition to arguments and options of the command line, and back */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CommandSpec } from '#core';
import { type CommandField, fieldsOf } from '../core/command/fields.ts';

/** The positional fields become arguments; each other one an option of its name. */
export function addFields(command: Command, spec: CommandSpec): void {
  const fields = fieldsOf(spec);
  for (const name of spec.positional ?? []) {
    const field = fields.find((each) => each.name === name);
    if (field === undefined) throw new Error(`${spec.name}: there is no field ${name}`);
    command.argument(field.isRequired ? `<${name}>` : `[${name}]`, field.description);
  }
  for (const field of fields) if (!spec.positional?.includes(field.name)) command.addOption(optionFor(field));
}

/** What was given, under the names of the fields. */
export function collectInput(command: Command, spec: CommandSpec): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  const options = command.opts();
  for (const { name } of fieldsOf(spec)) {
    const at = spec.positional?.indexOf(name) ?? -1;
    const value = at >= 0 ? command.processedArgs[at] : options[camelCase(name)];
    if (value !== undefined) input[name] = value;
  }
  return input;
}

function optionFor({ name, type, description, choices, fallback, isRequired, isSecret }: CommandField): Option {
  // What is done unless it is said otherwise can only be said not to be.
  const isNegated = type === 'boolean' && fallback === true;
  const flag = `--${isNegated ? 'no-' : ''}${name.replaceAll('_', '-')}`;
  const hint = isSecret ? '; asked for, or read from the standard input, when not given' : '';
  const normally = isNegated ? ' (it is, without this)' : fallback === undefined ? '' : ` (default: ${fallback})`;
  const value = type === 'boolean' ? '' : type === 'array' ? ` <${name}...>` : ` <${name}>`;
  const option = new Option(flag + value, description + hint + normally);
  if (choices !== undefined) option.choices([...choices]);
  if (type === 'integer' || type === 'number') option.argParser(parseNumber);
  return option.makeOptionMandatory(isRequired && !isSecret);
}

function parseNumber(text: string): number {
  const number = Number(text);
  if (text.trim() === '' || Number.isNaN(number)) throw new InvalidArgumentError('It is not a number.');
  return number;
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
