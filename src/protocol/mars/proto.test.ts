/** What was generated is what the .proto says, and its table of commands is that of commands.ts */
import { readFileSync } from 'node:fs';
import { type DescField, ScalarType } from '@bufbuild/protobuf';
import { expect, it } from 'vitest';
import { Command } from './commands.ts';
import { file_tharsis } from './gen/tharsis_pb.ts';

const source = readFileSync(new URL('../../../proto/tharsis.proto', import.meta.url), 'utf8');
const code = source.replace(/\/\/.*$/gm, '');

it('every field of the .proto is in the generated code, and none besides (else: npm run generate:proto)', () => {
  const written = [...code.matchAll(/^message (\w+) \{(?:\}|([\s\S]*?)^\})/gm)].flatMap(
    ([, name = '', content = '']) => [
      name,
      ...[...content.matchAll(/^\s*((?:optional |repeated )?(?:map<string, string>|\w+)) (\w+) = (\d+);/gm)].map(
        ([, type, field, number]) => `${name}.${field} ${type} ${number}`,
      ),
    ],
  );
  const generated = file_tharsis.messages.flatMap(({ name, fields }) => [
    name,
    ...fields.map((field) => `${name}.${field.name} ${typeOf(field)} ${field.number}`),
  ]);
  expect(written.length).toBeGreaterThan(250);
  expect(generated).toEqual(written);
});

it('every value of an enumeration too', () => {
  const written = [...code.matchAll(/^\s+([A-Z_]+) = (\d+);/gm)].map(([, name, number]) => `${name} ${number}`);
  const generated = file_tharsis.enums.flatMap(({ values }) => values.map(({ name, number }) => `${name} ${number}`));
  expect(generated).toEqual(written);
});

it('every command has a line in the .proto', () => {
  const told = [...source.matchAll(/^\/\/ {4,6}([\d, ]+?) {2}/gm)].flatMap(([, ids = '']) =>
    ids.split(',').map(Number),
  );
  const ids = Object.values(Command).filter((id) => id >= 1_000);
  expect(ids.filter((id) => !told.includes(id))).toEqual([]);
});

function typeOf(field: DescField): string {
  switch (field.fieldKind) {
    case 'map':
      return 'map<string, string>';
    case 'list':
      return `repeated ${nameOf(field)}`;
    default:
      return `${field.proto.proto3Optional ? 'optional ' : ''}${nameOf(field)}`;
  }
}

function nameOf({ message, enum: values, scalar }: DescField): string {
  return message?.name ?? values?.name ?? ScalarType[scalar as number]?.toLowerCase() ?? '?';
}
