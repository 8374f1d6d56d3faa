import { isIP } from 'node:net';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ProxyHeaderError, readProxyHeader } from '#core';
import { V2_SIGNATURE, v1, v2, v2Ipv4, v2Ipv6 } from '../support/proxy-header.ts';

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const header = fc.oneof(
  fc.ipV4().map(v1),
  fc.ipV6().map(v1),
  fc.tuple(fc.ipV4(), bytes).map(([source, extra]) => v2Ipv4(source, extra)),
  fc.uint8Array({ minLength: 16, maxLength: 16 }).map((source) => v2Ipv6(Buffer.from(source).toString('hex'))),
  fc.tuple(fc.nat(255), fc.nat(255), bytes).map(([command, family, rest]) => v2(command, family, rest)),
);
const anything = fc.oneof(
  bytes,
  bytes.map((rest) => Buffer.concat([V2_SIGNATURE, rest])),
  fc.string().map((rest) => Buffer.from(`PROXY ${rest}\r\n`)),
  // A header with one byte changed.
  fc.tuple(header, fc.nat(), fc.nat(255)).map(([text, at, byte]) => {
    const changed = Buffer.from(text);
    changed[at % changed.length] = byte;
    return changed;
  }),
  header,
);

const read = (text: Buffer) => {
  try {
    return readProxyHeader(text);
  } catch (error) {
    if (error instanceof ProxyHeaderError) return 'refused';
    throw error;
  }
};

it('whatever comes is a header, the beginning of one, or refused, and says the same cut in two', () => {
  fc.assert(
    fc.property(anything, fc.nat(), bytes, (text, cut, rest) => {
      const whole = read(text);
      const part = read(text.subarray(0, cut % (text.length + 1)));
      // What is complete or refused stays so, whatever follows.
      if (part !== undefined) expect(whole).toEqual(part);
      if (whole !== undefined) expect(read(Buffer.concat([text, rest]))).toEqual(whole);
      if (whole === undefined || whole === 'refused') return;
      expect(whole.length).toBeLessThanOrEqual(text.length);
      if (whole.source !== undefined) expect(isIP(whole.source)).not.toBe(0);
    }),
    { numRuns: 5_000, seed: 2014 },
  );
});
