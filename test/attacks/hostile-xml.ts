/** RFC 6120 §4.9, §11, §13.12: XML that no stream may carry, whoever it is with */

export const LIMIT = 20_000;
export const LIMIT_BEFORE_LOGIN = 4_000;

/** The limits it goes beyond. */
export const LIMITS = {
  stanza_bytes: LIMIT,
  stanza_bytes_before_login: LIMIT_BEFORE_LOGIN,
  depth: 20,
  attributes: 10,
  children: 50,
};

export const many = (count: number, make: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => make(n)).join('');
export const nested = (levels: number) => '<a>'.repeat(levels) + '</a>'.repeat(levels);

const ENTITIES = many(10, (n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`);
export const LAUGHS = `<!DOCTYPE lolz [<!ENTITY l0 "ha">${ENTITIES}]>`;

/** What is sent, and the stream error it gets. */
export type Refused = readonly (readonly [name: string, condition: string, text: string])[];

/** @param message a stanza with this content and these attributes, with two more of its own */
export function hostileXml(message: (inside: string, attributes?: string) => string): Refused {
  const attributes = (make: (n: number) => string, count: number) => message('', many(count, make));
  return [
    ['a billion laughs', 'restricted-xml', `${LAUGHS}${message('<body>&l10;</body>')}`],
    ['an entity that is not declared', 'restricted-xml', message('<body>&l10;</body>')],
    ['a comment', 'restricted-xml', message('<!-- -->')],
    ['a processing instruction', 'restricted-xml', message('<?php ?>')],
    ['a stanza over the limit', 'policy-violation', message(`<body>${'x'.repeat(LIMIT)}</body>`)],
    ['a stanza over the limit in bytes, not in characters', 'policy-violation', message('日'.repeat(LIMIT / 2))],
    ['a value over the limit', 'policy-violation', message('', ` id='${'x'.repeat(LIMIT)}'`)],
    ['too many attributes', 'policy-violation', attributes((n) => ` a${n}=''`, 11)],
    ['the same attribute often', 'not-well-formed', attributes(() => ` x=''`, 5)],
    ['too many children', 'policy-violation', message('<a/>'.repeat(51))],
    ['too deep nesting', 'policy-violation', message(nested(20))],
    ['a prefix nobody declared', 'not-well-formed', message('<a:b/>')],
    ['a NUL character', 'not-well-formed', message('<body>\0</body>')],
    ['a forbidden character by its number', 'not-well-formed', message('<body>&#xFFFF;</body>')],
    ['half a surrogate pair by its number', 'not-well-formed', message('<body>&#xD800;</body>')],
    ['mismatched tags', 'not-well-formed', message('<a><b></a></b>')],
  ];
}
