/** XEP-0050 §3.5.1: a form for the input of a command, and the input of a form that was filled in */
import {
  type CommandSpec,
  dataForm,
  type Element,
  type FieldType,
  FilledForm,
  type FormField,
  inputFromTexts,
  StanzaError,
} from '#core';
import type { AskedField, CommandNode } from './nodes.ts';

export function formFor({ title, formType, fields, each }: CommandNode): Element {
  const instructions = fields.length === 0 ? 'Nothing is asked for: send it to go on.' : undefined;
  const asked = fields.map((field) => fieldFor(field, field.var === each));
  return dataForm('form', formType, asked, { title, ...(instructions && { instructions }) });
}

function fieldFor(
  { var: name, description, isRequired, choices, fallback, ...field }: AskedField,
  isEach: boolean,
): FormField {
  return {
    var: name,
    type: isEach ? 'jid-multi' : typeOf(field.type, choices, field.isSecret),
    label: description,
    isRequired,
    ...(choices !== undefined && { options: choices.map((value) => ({ value })) }),
    ...(fallback !== undefined && { values: [fallback].flat().map(String) }),
  };
}

function typeOf(type: string | undefined, choices: readonly string[] | undefined, isSecret: boolean): FieldType {
  if (isSecret) return 'text-private';
  if (choices !== undefined) return 'list-single';
  if (type === 'boolean') return 'boolean';
  return type === 'array' ? 'text-multi' : 'text-single';
}

/**
 * The inputs of a form, one for each JID where the command is for several. Undefined when there is no form.
 * @throws StanzaError bad-request when it is none of ours
 */
export function inputsFrom(
  wrapper: Element,
  { formType, fields, each }: CommandNode,
  spec: CommandSpec,
): Record<string, unknown>[] | undefined {
  const form = FilledForm.in(wrapper, formType);
  if (form === undefined) return undefined;
  const ours = new Map(fields.map((field) => [field.var, field.name]));
  const texts = new Map<string, readonly string[]>();
  for (const name of form.names) {
    const values = form.texts(name);
    // XEP-0004 §3.1: what is empty says no more than what is not there.
    if (name !== each && values.some((value) => value !== '')) texts.set(ours.get(name) ?? name, values);
  }
  for (const { name, repeats = '' } of fields.filter((field) => field.repeats !== undefined)) {
    const again = texts.get(name);
    if (again !== undefined && again.join() !== texts.get(repeats)?.join()) {
      throw new StanzaError('bad-request', `${name} is not the same as ${repeats}`);
    }
    texts.delete(name);
  }
  if (each === undefined) return [inputFromTexts(spec, texts)];
  const field = ours.get(each) ?? each;
  const inputs = form.texts(each).map((jid) => inputFromTexts(spec, new Map([...texts, [field, [jid]]])));
  // Without any, the schema says what is missing.
  return inputs.length === 0 ? [inputFromTexts(spec, texts)] : inputs;
}
