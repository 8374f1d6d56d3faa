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

  it('lets actors enter rooms and open new ones', () => {
    const steps =
      'juliet enters coven as JuliC\njuliet opens heath as JuliC\njuliet opens cave as JuliC with:\n  <field/>\n';
    expect(parseScript('a.txt', `${HEADER}\n${steps}`).steps).toEqual([
      { line: 6, actor: 'juliet', verb: 'enters', room: 'coven', nick: 'JuliC' },
      { line: 7, actor: 'juliet', verb: 'opens', room: 'heath', nick: 'JuliC', block: '' },
      { line: 8, actor: 'juliet', verb: 'opens', room: 'cave', nick: 'JuliC', block: '<field/>' },
    ]);
  });

  it.each([
    [
      'a room without its form',
      `${HEADER}juliet opens coven as JuliC with:\n`,
      'a.txt:5: not a step: juliet opens coven',
    ],
    ['an actor nobody introduced', `${HEADER}romeo connects\n`, 'a.txt:5: no actor is called "romeo"'],
    ['a step that is none', `${HEADER}juliet dances\n`, 'a.txt:5: not a step: juliet dances'],
    ['a step without what it sends', `${HEADER}juliet sends:\n`, 'a.txt:5: not a step: juliet sends:'],
    ['a header below a step', `${HEADER}juliet connects\nspec: x\n`, 'a.txt:6: spec: belongs above the first step'],
    ['no title', 'juliet: juliet@localhost/balcony\n', 'a.txt:1: title: and spec: are missing'],
  ])('may not have %s', (_, source, message) => {
    expect(() => parseScript('a.txt', source)).toThrow(message);
  });
});
