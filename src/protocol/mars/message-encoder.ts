/** Encodes messages by their descriptors (protobuf.dev, Encoding), from plain objects and without copies of them */
import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import type { WireWriter } from './wire-writer.ts';

/** A message, seen without its type. */
export type Fields = Readonly<Record<string, unknown>>;

/** The last three bits of a tag. */
const WIRE = { varint: 0, length: 2, bits32: 5 } as const;

/** How one value is written, and its zero. */
interface ValueEncoder {
  readonly wire: number;
  readonly zero: number | bigint | boolean | string | undefined;
  write(writer: WireWriter, value: never): void;
}

type FieldEncoder = (writer: WireWriter, value: unknown) => void;

/** A field that has no presence: its zero is as good as nothing. */
const IMPLICIT = 2;

export class MessageEncoder {
  /** In the order of writing: a field, or the members of a oneof. */
  readonly #parts: { readonly name: string; readonly encode: FieldEncoder }[] = [];

  /** @param encoders of all messages, which may contain each other */
  constructor(desc: DescMessage, encoders: Map<string, MessageEncoder> = new Map()) {
    encoders.set(desc.typeName, this);
    for (const member of desc.members) {
      if (member.kind === 'field') {
        this.#parts.push({ name: member.localName, encode: fieldEncoder(member, encoders) });
        continue;
      }
      const cases = new Map(member.fields.map((field) => [field.localName, singular(field, encoders, false)]));
      const encode: FieldEncoder = (writer, chosen) => {
        const { case: name, value } = chosen as { readonly case?: string; readonly value?: unknown };
        if (name !== undefined) cases.get(name)?.(writer, value);
      };
      this.#parts.push({ name: member.localName, encode });
    }
  }

  write(writer: WireWriter, message: Fields): void {
    for (const { name, encode } of this.#parts) {
      const value = message[name];
      if (value !== undefined) encode(writer, value);
    }
  }
}

function fieldEncoder(field: DescField, encoders: Map<string, MessageEncoder>): FieldEncoder {
  switch (field.fieldKind) {
    case 'list':
      return list(field.number, valueEncoder(field, encoders));
    case 'map':
      return stringMap(field);
    default:
      return singular(field, encoders, field.presence === IMPLICIT);
  }
}

function singular(field: DescField, encoders: Map<string, MessageEncoder>, isZeroLeftOut: boolean): FieldEncoder {
  const value = valueEncoder(field, encoders);
  const tag = tagOf(field.number, value.wire);
  return (writer, given) => {
    if (isZeroLeftOut && isZero(given, value.zero)) return;
    writer.uint32(tag);
    value.write(writer, given as never);
  };
}

function isZero(given: unknown, zero: ValueEncoder['zero']): boolean {
  switch (typeof given) {
    case 'string':
      return given === '';
    case 'object':
      return (given as Uint8Array).length === 0;
    case 'number':
      // A negative zero is another one.
      return typeof zero === 'bigint' ? given === 0 : Object.is(given, zero);
    default:
      return given === zero;
  }
}

/** Numbers are written without tags between them. */
function list(number: number, item: ValueEncoder): FieldEncoder {
  const isPacked = item.wire !== WIRE.length;
  const tag = tagOf(number, WIRE.length);
  return (writer, items) => {
    if (!isPacked) {
      for (const each of items as Iterable<never>) {
        writer.uint32(tag);
        item.write(writer, each);
      }
    } else if ((items as readonly unknown[]).length > 0) {
      writer.uint32(tag);
      const start = writer.begin();
      for (const each of items as Iterable<never>) item.write(writer, each);
      writer.end(start);
    }
  };
}

/** No other map is used. */
function stringMap(field: DescField & { fieldKind: 'map' }): FieldEncoder {
  if (field.mapKey !== ScalarType.STRING || field.scalar !== ScalarType.STRING)
    throw new Error(`${field}: not of strings`);
  const tag = tagOf(field.number, WIRE.length);
  const [keyTag, valueTag] = [tagOf(1, WIRE.length), tagOf(2, WIRE.length)];
  return (writer, entries) => {
    for (const [key, value] of Object.entries(entries as Record<string, string>)) {
      writer.uint32(tag);
      const start = writer.begin();
      writer.uint32(keyTag);
      writer.string(key);
      writer.uint32(valueTag);
      writer.string(value);
      writer.end(start);
    }
  };
}

function tagOf(number: number, wire: number): number {
  return ((number << 3) | wire) >>> 0;
}

function valueEncoder(field: DescField, encoders: Map<string, MessageEncoder>): ValueEncoder {
  if (field.message !== undefined) return messageEncoder(field.message, encoders);
  const encoder = SCALARS[field.enum === undefined ? (field.scalar as number) : ScalarType.INT32];
  if (encoder === undefined) throw new Error(`${field}: a type that is not used elsewhere`);
  return encoder;
}

function messageEncoder(desc: DescMessage, encoders: Map<string, MessageEncoder>): ValueEncoder {
  const encoder = encoders.get(desc.typeName) ?? new MessageEncoder(desc, encoders);
  return {
    wire: WIRE.length,
    zero: undefined,
    write(writer, message) {
      const start = writer.begin();
      encoder.write(writer, message);
      writer.end(start);
    },
  };
}

/** The types that proto/tharsis.proto uses. */
const SCALARS: Readonly<Record<number, ValueEncoder>> = {
  [ScalarType.INT32]: { wire: WIRE.varint, zero: 0, write: (writer, value) => writer.int32(value) },
  [ScalarType.UINT32]: { wire: WIRE.varint, zero: 0, write: (writer, value) => writer.uint32(value) },
  [ScalarType.SINT32]: { wire: WIRE.varint, zero: 0, write: (writer, value) => writer.sint32(value) },
  [ScalarType.INT64]: { wire: WIRE.varint, zero: 0n, write: (writer, value) => writer.int64(value) },
  [ScalarType.UINT64]: { wire: WIRE.varint, zero: 0n, write: (writer, value) => writer.int64(value) },
  [ScalarType.BOOL]: { wire: WIRE.varint, zero: false, write: (writer, value) => writer.uint32(value ? 1 : 0) },
  [ScalarType.FLOAT]: { wire: WIRE.bits32, zero: 0, write: (writer, value) => writer.float(value) },
  [ScalarType.STRING]: { wire: WIRE.length, zero: '', write: (writer, value) => writer.string(value) },
  [ScalarType.BYTES]: { wire: WIRE.length, zero: undefined, write: (writer, value) => writer.bytes(value) },
};
