/** XEP-0050 §2.4.1, XEP-0004 §3.4: what a command answered, as forms of type result */
import { dataForm, type Element, type FormField, NS_DATA_FORMS, ns } from '#core';
import type { CommandNode } from './nodes.ts';

const data = ns(NS_DATA_FORMS);
type Row = Readonly<Record<string, unknown>>;

/** One with the single values, and one for each list of records. */
export function resultForms({ title, formType, tells }: CommandNode, output: Row): Element[] {
  if (tells !== undefined) {
    const { var: name, type, of } = tells;
    return [dataForm('result', formType, [{ var: name, type, values: of(output as never) }], { title })];
  }
  const entries = Object.entries(output).filter(([, value]) => value !== undefined);
  const tables = entries.filter((entry): entry is [string, readonly Row[]] => isTable(entry[1]));
  const singles = entries.filter(([, value]) => !isTable(value)).map(([name, value]) => single(name, value));
  return [
    ...(singles.length > 0 ? [dataForm('result', formType, singles, { title })] : []),
    ...tables.map(([name, rows]) => table(name, rows)),
  ];
}

function isTable(value: unknown): boolean {
  return Array.isArray(value) && typeof value[0] === 'object';
}

function single(name: string, value: unknown): FormField {
  const label = name.replaceAll('_', ' ');
  if (Array.isArray(value)) return { var: name, type: 'text-multi', label, values: value.map(String) };
  if (typeof value === 'boolean') return { var: name, type: 'boolean', label, values: [String(value)] };
  return { var: name, type: 'text-single', label, values: [textOf(value)] };
}

function table(title: string, rows: readonly Row[]): Element {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return data(
    'x',
    { type: 'result' },
    data('title', {}, title),
    data(
      'reported',
      {},
      columns.map((name) => data('field', { var: name, type: 'text-single', label: name.replaceAll('_', ' ') })),
    ),
    rows.map((row) =>
      data(
        'item',
        {},
        columns.map((name) => data('field', { var: name }, data('value', {}, textOf(row[name])))),
      ),
    ),
  );
}

function textOf(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
