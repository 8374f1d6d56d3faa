import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Jid, JidError, prepareDomain, prepareLocal, prepareResource } from '#core';

// Characters with a rule of their own, beside whatever fast-check thinks of.
const spicy = fc.constantFrom(
  ...'aZ0-_.@/ [:]"&\\',
  ...'\u00df\u00fc\u0130\u017f\u0301\u0308\u0345\u03a3\u03c2\u00b7\u0375\u05d0\u05f3\u0627\u0628\u0640\u0660\u06f0\u07c1',
  ...'\u094d\u1100\u1e9e\u1f88\u200c\u200d\u2028\u2163\u212a\u212b\u3000\u3002\u30fb\uff0e\uff21\uff76\uff9e\uffa1\uffe3',
  'xn--',
  '\ud800',
  '\u{1e900}',
);
const part = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: spicy }),
  fc.string({ unit: 'grapheme', size: 'medium' }),
);
const address = fc.oneof(
  part,
  fc.tuple(part, part, part).map(([local, domain, resource]) => `${local}@${domain}/${resource}`),
  fc.tuple(part, part).map(([local, resource]) => `${local}@example.com/${resource}`),
  part.map((domain) => `juliet@xn--${domain}`),
);

/** Undefined when refused; anything but a JidError fails the test. */
function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (error instanceof JidError) return undefined;
    throw error;
  }
}

describe('any text', () => {
  it('is a JID that reads back as itself, or is refused with a JidError', () => {
    fc.assert(
      fc.property(address, (text) => {
        const jid = attempt(() => Jid.parse(text));
        if (jid === undefined) return;
        const again = Jid.parse(jid.toString());
        expect(again.equals(jid)).toBe(true);
        expect([again.local, again.domain, again.resource]).toEqual([jid.local, jid.domain, jid.resource]);
        expect(Jid.of(jid.local, jid.domain, jid.resource).toString()).toBe(jid.toString());
      }),
      { numRuns: 3000, seed: 7622 },
    );
  });

  it.each([
    ['localpart', prepareLocal],
    ['domainpart', prepareDomain],
    ['resourcepart', prepareResource],
  ])('prepared as a %s stays as it is when prepared again', (_name, prepare) => {
    fc.assert(
      fc.property(part, (text) => {
        const prepared = attempt(() => prepare(text));
        if (prepared === undefined) return;
        expect(prepare(prepared)).toBe(prepared);
        expect(Buffer.byteLength(prepared)).toBeLessThanOrEqual(1023);
      }),
      { numRuns: 3000, seed: 8265 },
    );
  });
});
