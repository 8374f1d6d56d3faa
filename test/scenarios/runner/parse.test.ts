import { describe, expect, it } from 'vitest';
import { parseScript } from './parse.ts';

const HEADER = 'title: T\nspec: RFC 6121 §1\n\njuliet: juliet@localhost/balcony\n';

describe('a script', () => {
  it('has its steps with their lines and blocks', () => {
    const script = parseScript('a.txt', `${HEADER}\njuliet connects\n# why\njuliet sends:\n  <presence/>\n\n  <iq/>\n`);
    expect(script.steps).toEqual([
      { line: 6, actor: 'juliet', verb: 'connects' },
      { line: 8, actor: 'juliet', verb: 'sends', block: '<presence/>\n\n  <iq/>' },
    ]);
  });

  it.each([
    ['an actor nobody introduced', `${HEADER}romeo connects\n`, 'a.txt:5: no actor is called "romeo"'],
    ['a step that is none', `${HEADER}juliet dances\n`, 'a.txt:5: not a step: juliet dances'],
    ['a step without what it sends', `${HEADER}juliet sends:\n`, 'a.txt:5: not a step: juliet sends:'],
    ['a header below a step', `${HEADER}juliet connects\nspec: x\n`, 'a.txt:6: spec: belongs above the first step'],
    ['no title', 'juliet: juliet@localhost/balcony\n', 'a.txt:1: title: and spec: are missing'],
  ])('may not have %s', (_, source, message) => {
    expect(() => parseScript('a.txt', source)).toThrow(message);
  });
});
