import { create, equals, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bodies } from '../../../test/fuzz/mars/bodies.ts';
import { decodeBody, encodeBody } from './body.ts';
import { type Body, BodySchema } from './gen/tharsis_pb.ts';
import type { BodyInit } from './init.ts';
import { readUsualBody } from './usual-body-reader.ts';
import { writeUsualBody } from './usual-body-writer.ts';
import { WireWriter } from './wire-writer.ts';

/** The library is the measure. */
const writtenByLibrary = (body: BodyInit) =>
  toBinary(BodySchema, create(BodySchema, body as MessageInitShape<typeof BodySchema>));
const readByLibrary = (bytes: Uint8Array) => attempt(() => fromBinary(BodySchema, bytes, { readUnknownFields: false }));
const readByUs = (bytes: Uint8Array) => attempt(() => decodeBody(bytes));
const readAsUsual = (bytes: Uint8Array) => readUsualBody(bytes, 0, bytes.length);

/** Undefined when it is refused. */
function attempt(read: () => Body): Body | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function areEqual(one: Body | undefined, other: Body | undefined): boolean {
  return one === undefined || other === undefined ? one === other : equals(BodySchema, one, other);
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const bytesOf = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));

const text = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ minLength: 120, maxLength: 300 }),
  fc.constantFrom('', '\u{feff}marked', 'x'.repeat(24), 'x'.repeat(25)),
);
const choice = fc.oneof({ weight: 9, arbitrary: fc.nat(5) }, { weight: 1, arbitrary: fc.integer() });
const message = fc.record(
  {
    ...{ subject: text, body: text, thread: text, wantsReceipt: fc.boolean(), chatState: choice },
    ...{ hints: fc.array(choice, { maxLength: 3 }), app: fc.uint8Array({ maxLength: 9 }) },
    ...{ receipt: choice, receiptId: text, channel: text },
  },
  { requiredKeys: [] },
);
const envelope = { id: text, to: text, from: text, type: text, lang: text, originId: text, uid: text };
/** What clients send. */
const asked = fc.record(
  {
    ...{ ...envelope, noReply: fc.boolean(), smSeq: fc.nat(300), smAck: fc.nat(3_000_000) },
    payload: fc.record({ case: fc.constant('message' as const), value: message }),
  },
  { requiredKeys: [] },
);
/** What they are sent. */
const told = fc.record(
  {
    ...{ ...envelope, smSeq: fc.nat(0xffff_ffff), smAck: fc.nat(0xffff_ffff) },
    stamp: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    stanzaId: fc.record({ id: text, by: text }),
    payload: fc.oneof(
      fc.record({ case: fc.constant('message' as const), value: message }),
      fc.record({
        case: fc.constant('messageResult' as const),
        value: fc.record({ duplicate: fc.boolean() }, { requiredKeys: [] }),
      }),
    ),
  },
  { requiredKeys: [] },
);
const usual = fc.oneof(asked, told);

describe('a usual body', () => {
  it('is written as the library writes it, whatever is in it', () => {
    fc.assert(
      fc.property(usual, (body) => {
        const writer = new WireWriter();
        expect(writeUsualBody(writer, body)).toBe(true);
        expect(hex(writer.finish())).toBe(hex(writtenByLibrary(body)));
      }),
      { numRuns: 3_000, seed: 1010 },
    );
  });

  it('is read as the library reads it, wherever it stands', () => {
    let read = 0;
    fc.assert(
      fc.property(asked, fc.nat(9), (body, before) => {
        const bytes = writtenByLibrary(body);
        expect(areEqual(readByUs(bytes), readByLibrary(bytes))).toBe(true);
        const among = Buffer.concat([Buffer.alloc(before, 0x0a), bytes, Buffer.from('0a0178', 'hex')]);
        const found = readUsualBody(among, before, before + bytes.length);
        expect(found === undefined || areEqual(found, readByLibrary(bytes))).toBe(true);
        if (found !== undefined) read++;
      }),
      { numRuns: 3_000, seed: 1011 },
    );
    expect(read).toBeGreaterThan(1_500);
  });

  it('that was changed anywhere says what the library finds in it, or is refused as there', () => {
    const bytes = fc.oneof(
      asked.map(writtenByLibrary),
      fc.constantFrom(...bodies).map((body) => encodeBody(body)),
    );
    const change = fc.record({ at: fc.nat(), cut: fc.nat(4), put: fc.uint8Array({ maxLength: 4 }) });
    let taken = 0;
    fc.assert(
      fc.property(bytes, fc.array(change, { maxLength: 3 }), (whole, changes) => {
        const changed = changes.reduce<Uint8Array>((before, { at, cut, put }) => {
          const from = before.length === 0 ? 0 : at % before.length;
          return new Uint8Array([...before.subarray(0, from), ...put, ...before.subarray(from + cut)]);
        }, whole);
        expect(areEqual(readByUs(changed), readByLibrary(changed))).toBe(true);
        if (readAsUsual(changed) !== undefined) taken++;
      }),
      { numRuns: 5_000, seed: 1012 },
    );
    expect(taken).toBeGreaterThan(500);
  });

  it.each([
    ['nothing', ''],
    ['an empty message', 'f20100'],
    ['the last of two ids', '0a0178 0a0179'],
    ['a number that is longer than it has to be', '388180 00'],
    ['a tag that is longer than it has to be', '8a00 0178'],
    ['a length that is longer than it has to be', '0a8100 78'],
    ['true that is more than one', '7802'],
    ['hints in two lists', 'f20106 320101 320102'],
    ['bytes in two fields', 'f20106 3a0101 3a0102'],
  ])('may have %s', (_, body) => {
    const bytes = bytesOf(body);
    expect(readAsUsual(bytes)).toBeDefined();
    expect(areEqual(readAsUsual(bytes), readByLibrary(bytes))).toBe(true);
  });

  it.each([
    ['two messages, which are one', 'f201031201 78 f2010312 0179'],
    ['a message after another payload', 'a20100 f20100'],
    ['a field that is not known', 'f8ff0701 0a0178'],
    ['a group', '0b0c'],
    ['a text with the tag of a number', '0801'],
    ['a number with the tag of a text', '3a0178'],
    ['hints that are no list', 'f20104 30013002'],
    ['a hint in whose midst the list ends', 'f20104 3201 8101'],
    ['a number of five bytes', '38ffffffff0f'],
    ['a negative number', 'f2010b 28ffffffffffffffffff01'],
    ['a text that is cut off', '0a0578'],
    ['a text that goes on after its message', 'f20103 120578 7979797979'],
    ['a tag in whose midst the message ends', 'f20101 92 0178'],
    ['a message that is cut off', 'f20105 120178'],
    ['half of a character', '0a01c3'],
    ['half of a surrogate pair', '0a03eda080'],
    ['half of a character in a long text', `0a28${'61'.repeat(39)}c3`],
    ['field number 0', '0001'],
  ])('with %s is left to the library', (_, body) => {
    const bytes = bytesOf(body);
    expect(readAsUsual(bytes)).toBeUndefined();
    expect(areEqual(readByUs(bytes), readByLibrary(bytes))).toBe(true);
  });

  it('has all the fields that a body of the library has, and always the same', () => {
    const keys = (body: Body | undefined) => Object.keys(body ?? {}).sort();
    const all = BodySchema.members.map(({ localName }) => localName);
    expect(keys(readAsUsual(bytesOf('')))).toEqual(['$typeName', ...all].sort());
    expect(keys(readAsUsual(bytesOf('0a0178 4001')))).toEqual(keys(readAsUsual(bytesOf(''))));
  });
});
