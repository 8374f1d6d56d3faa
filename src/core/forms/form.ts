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
  /** What an extension puts into the field, such as XEP-0122. */
  readonly extensions?: readonly Element[];
}

/** @param formType the value of FORM_TYPE (XEP-0068) */
export function dataForm(type: 'form' | 'result', formType: string, fields: readonly FormField[]): Element {
  return data(
    'x',
    { type },
    fieldElement({ var: FORM_TYPE, type: 'hidden', values: [formType] }),
    fields.map(fieldElement),
  );
}

function fieldElement({ var: name, type, label, values = [], extensions = [] }: FormField): Element {
  return data(
    'field',
    { var: name, type, label },
    extensions,
    values.map((value) => data('value', {}, value)),
  );
}
