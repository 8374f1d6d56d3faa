export { FilledForm } from './filled-form.ts';
export { dataForm, type FieldType, type FormField } from './form.ts';
export { NS_DATA_FORMS } from './namespaces.ts';
