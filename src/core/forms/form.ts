/** XEP-0004: a data form to be filled in, or with results */
import { type Element, ns } from '../xml/index.ts';
import { FORM_TYPE, NS_DATA_FORMS } from './namespaces.ts';

const data = ns(NS_DATA_FORMS);

/** §3.3 */
export type FieldType =
  | 'boolean'
  | 'fixed'
  | 'hidden'
  | 'jid-multi'
  | 'jid-single'
  | 'list-multi'
  | 'list-single'
  | 'text-multi'
  | 'text-private'
  | 'text-single';

/** §3.2 */
export interface FormField {
  readonly var: string;
  readonly type: FieldType;
  readonly label?: string;
  readonly values?: readonly string[];
  /** §3.2: what there is to choose from in a list. */
  readonly options?: readonly { readonly value: string; readonly label?: string }[];
  readonly isRequired?: boolean;
  /** What an extension puts into the field, such as XEP-0122. */
  readonly extensions?: readonly Element[];
}

/** §3.1: what a form says to people. */
export interface FormTexts {
  readonly title?: string;
  readonly instructions?: string;
}

/** @param formType the value of FORM_TYPE (XEP-0068) */
export function dataForm(
  type: 'form' | 'result',
  formType: string,
  fields: readonly FormField[],
  { title, instructions }: FormTexts = {},
): Element {
  return data(
    'x',
    { type },
    title === undefined ? undefined : data('title', {}, title),
    instructions === undefined ? undefined : data('instructions', {}, instructions),
    fieldElement({ var: FORM_TYPE, type: 'hidden', values: [formType] }),
    fields.map(fieldElement),
  );
}

function fieldElement({ var: name, type, label, values = [], options = [], ...more }: FormField): Element {
  return data(
    'field',
    { var: name, type, label },
    more.extensions,
    more.isRequired ? data('required') : undefined,
    values.map((value) => data('value', {}, value)),
    options.map((option) => data('option', { label: option.label }, data('value', {}, option.value))),
  );
}
