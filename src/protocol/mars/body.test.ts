import { create, equals, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bodies } from '../../../test/fuzz/mars/bodies.ts';
import { BodyError, decodeBody, encodeBody, encodeRouterLogin, FrameEncoder } from './body.ts';
import { encodeFrame } from './frame.ts';
import { BodySchema, RouterLoginSchema } from './gen/tharsis_pb.ts';
import type { BodyInit } from './init.ts';

/** The encoder of the library, which is the measure. */
const byLibrary = (body: BodyInit) =>
  toBinary(BodySchema, create(BodySchema, body as MessageInitShape<typeof BodySchema>));

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const bytes = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));

describe('a body', () => {
  it.each(bodies.map((body) => [body.payload?.case ?? 'the envelope', body] as const))(
    'of %s is written as the library writes it, and read again',
    (_, body) => {
      const encoded = encodeBody(body);
      expect(hex(encoded)).toBe(hex(byLibrary(body)));
      const decoded = decodeBody(encoded);
      expect(equals(BodySchema, decoded, create(BodySchema, body as MessageInitShape<typeof BodySchema>))).toBe(true);
      expect(hex(encodeBody(decoded))).toBe(hex(encoded));
    },
  );

  it('of a login by a router is written without its envelope as the library writes it', () => {
    const roster = [{ jid: 'a@localhost', name: 'A', groups: ['guild', ''] }, { jid: 'b@localhost' }];
    const login = create(RouterLoginSchema, { resource: 'game', roster, presence: { status: 'in the lobby' } });
    expect(hex(encodeRouterLogin(login))).toBe(hex(toBinary(RouterLoginSchema, login)));
    expect(hex(encodeRouterLogin(create(RouterLoginSchema)))).toBe('');
  });

  it('of every kind is among them', () => {
    const cases = BodySchema.oneofs.find(({ localName }) => localName === 'payload')?.fields ?? [];
    const tried = new Set<string | undefined>(bodies.map(({ payload }) => payload?.case));
    expect(cases.map(({ localName }) => localName).filter((name) => !tried.has(name))).toEqual([]);
  });

  const text = fc.string({ unit: 'binary', maxLength: 200 });
  const anyBody = fc.record(
    {
      id: text,
      to: text,
      lang: text,
      smSeq: fc.nat(0xffff_ffff),
      smAck: fc.nat(0xffff_ffff),
      stamp: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      headers: fc.dictionary(text, text, { maxKeys: 5 }),
      noReply: fc.boolean(),
      noise: fc.uint8Array({ maxLength: 300 }),
      error: fc.record({ code: fc.integer(), retryAfterMs: fc.nat(0xffff_ffff), text }),
      payload: fc.oneof(
        fc.record({
          case: fc.constant('message' as const),
          value: fc.record(
            { subject: text, body: text, hints: fc.array(fc.integer({ min: -3, max: 900 })), app: fc.uint8Array() },
            { requiredKeys: [] },
          ),
        }),
        fc.record({
          case: fc.constant('sceneMove' as const),
          value: fc.record({ x: fc.float(), y: fc.float(), tick: fc.nat(0xffff_ffff), actor: text }),
        }),
        fc.record({ case: fc.constant('presence' as const), value: fc.record({ priority: fc.integer() }) }),
        fc.record({
          case: fc.constant('history' as const),
          value: fc.record({ after: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) }),
        }),
      ),
    },
    { requiredKeys: [] },
  );

  it('with whatever values is written as by the library, and read again', () => {
    fc.assert(
      fc.property(anyBody, (body) => {
        const encoded = encodeBody(body as BodyInit);
        expect(hex(encoded)).toBe(hex(byLibrary(body as BodyInit)));
        expect(hex(encodeBody(decodeBody(encoded)))).toBe(hex(encoded));
      }),
      { numRuns: 2_000, seed: 1000 },
    );
  });

  it('has numbers of 64 bits also as those that are exact without being large', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (stamp) => {
        expect(hex(encodeBody({ stamp }))).toBe(hex(encodeBody({ stamp: BigInt(stamp) })));
      }),
      { examples: [[0], [-1], [2 ** 32], [-(2 ** 32)], [2 ** 31], [Number.MIN_SAFE_INTEGER]] },
    );
  });

  it('may be long, and the next one short', () => {
    const long = 'ä'.repeat(300_000);
    const encoded = encodeBody({ payload: { case: 'message', value: { body: long } } });
    expect(decodeBody(encoded).payload).toMatchObject({ value: { body: long } });
    expect(hex(encodeBody({ id: 'x' }))).toBe('0a0178');
  });

  it('leaves nothing behind when it cannot be written', () => {
    const payload = { case: 'message', value: { body: 7 } } as unknown as NonNullable<BodyInit['payload']>;
    expect(() => encodeBody({ id: 'lost', payload })).toThrow();
    expect(hex(encodeBody({ id: 'x' }))).toBe('0a0178');
  });

  it('shares its bytes with what was read', () => {
    const encoded = encodeBody({ noise: Uint8Array.of(1, 2, 3) });
    expect(decodeBody(encoded).noise.buffer).toBe(encoded.buffer);
  });
});

describe.each([
  ['Node', new FrameEncoder((bytes) => Buffer.allocUnsafeSlow(bytes).fill(0xee))],
  ['any platform', new FrameEncoder()],
])('a frame with its body, in memory of %s,', (_, encoder) => {
  const inTwoSteps = (seq: number, body: BodyInit) => hex(encodeFrame(200, 1010, seq, encodeBody(body)));

  it('is what both are one after the other, and stays that when others are written', () => {
    const message = (length: number): BodyInit => ({
      id: 'x',
      payload: { case: 'message', value: { body: 'ä'.repeat(length) } },
    });
    const lengths = [0, 1, 63, 64, 5_000, 8_000, 100, 40_000, 3, ...Array.from({ length: 200 }, (_, at) => at)];
    const frames = lengths.map((length, seq) => encoder.encode(200, 1010, seq, message(length)));
    frames.forEach((frame, seq) => {
      expect(frame && hex(frame)).toBe(inTwoSteps(seq, message(lengths[seq] ?? 0)));
    });
  });

  it('leaves nothing behind when it is too long, or cannot be written', () => {
    const payload = (body: unknown) => ({ payload: { case: 'message', value: { body } } }) as unknown as BodyInit;
    expect(encoder.encode(200, 1010, 1, payload('x'.repeat(1_048_576)))).toBeUndefined();
    expect(encoder.encode(200, 1010, 1, { id: 'xx' }, 23)).toBeUndefined();
    expect(() => encoder.encode(200, 1010, 1, payload(7))).toThrow();
    const frame = encoder.encode(200, 1010, 2, { id: 'x' }, 23);
    expect(frame && hex(frame)).toBe(inTwoSteps(2, { id: 'x' }));
  });
});

describe('reading', () => {
  it.each([
    ['a field that is not known', 'f8ff0701 0a0178'],
    ['one of 64 bits', 'f9ff070102030405060708 0a0178'],
    ['one of 32 bits', 'fdff0701020304 0a0178'],
    ['one with a length', 'faff070361626c 0a0178'],
  ])('skips %s', (_, body) => {
    expect(decodeBody(bytes(body))).toMatchObject({ id: 'x' });
  });

  it('takes the last of what comes twice', () => {
    expect(decodeBody(bytes('0a0178 0a0179'))).toMatchObject({ id: 'y' });
    const twice = Buffer.concat([
      encodeBody({ payload: { case: 'hello', value: {} } }),
      encodeBody({ payload: { case: 'message', value: { body: 'last' } } }),
    ]);
    expect(decodeBody(twice).payload).toMatchObject({ case: 'message', value: { body: 'last' } });
  });

  it('takes numbers of a list with and without tags between them', () => {
    const welcome = (content: string) => decodeBody(bytes(`aa01 ${content}`)).payload;
    for (const content of ['04 42020102', '04 40014002']) {
      expect(welcome(content)).toMatchObject({ case: 'welcome', value: { protoVersions: [1, 2] } });
    }
  });

  it('keeps keys of headers that mean something to the language', () => {
    const headers = JSON.parse('{"__proto__":"a","constructor":"b"}') as Record<string, string>;
    const decoded = decodeBody(encodeBody({ headers })).headers;
    expect(Object.entries(decoded)).toEqual(Object.entries(headers));
    expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
  });

  it.each([
    ['a tag that is cut off', '8a'],
    ['a text that is cut off', '0a0578'],
    ['a text with an impossible length', '0affffffff0f78'],
    ['a text that is no UTF-8', '0a01ff'],
    ['half of a surrogate pair', '0a03eda080'],
    ['a long text that is no UTF-8', `0a28${'61'.repeat(39)}ff`],
    ['a number instead of a text', '0801'],
    ['a text instead of a number', '3a0178'],
    ['a number of eleven bytes', '38ffffffffffffffffffff01'],
    ['a number of 64 bits and eleven bytes', '50ffffffffffffffffffff01'],
    ['field number 0', '0001'],
    ['a group', '0b0c'],
    ['a wire type that is none', '0f'],
    ['a part longer than the whole', '320a0801'],
    ['a field that is longer than its part', '3203 0a0578 7979797979'],
    ['a map entry that is longer than it says', '6a02 0a0578 7979797979'],
    ['an unknown field that is cut off', 'faff0705'],
  ])('refuses %s', (_, body) => {
    expect(() => decodeBody(bytes(body))).toThrow(BodyError);
  });

  it('goes as deep as other runtimes, and no deeper', () => {
    const nested = (depth: number): Uint8Array => {
      let body: BodyInit = { id: 'x' };
      for (let level = 0; level < depth; level++) body = { payload: { case: 'multiPush', value: { body } } };
      return encodeBody(body);
    };
    expect(() => decodeBody(nested(49))).not.toThrow();
    expect(() => decodeBody(nested(50))).toThrow(BodyError);
  });
});
