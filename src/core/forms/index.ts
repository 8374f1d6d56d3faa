export { FilledForm } from './filled-form.ts';
export { dataForm, type FieldType, type FormField, type FormTexts } from './form.ts';
export { NS_DATA_FORMS } from './namespaces.ts';
