/** Masks words in what users write, or refuses it */
import { readFile } from 'node:fs/promises';
import TextMatcher from 'modern-ahocorasick/text';
import { defineModule, definePlugin, Element, Message, type Node, NS_CLIENT, StanzaError, z } from 'tharsis/plugin';

const WHOLE_WORDS = { wholeWord: true } as const;

const config = z.strictObject({
  words: z.array(z.string().min(1).max(100)).max(100_000).default([]).describe('Words and phrases'),
  file: z
    .string()
    .min(1)
    .optional()
    .describe('More of them, one on each line; empty lines and lines that begin with # are left out'),
  action: z
    .enum(['mask', 'refuse'])
    .default('mask')
    .describe('mask: asterisks in their place; refuse: the sender gets the message back'),
});

const wordFilter = defineModule({
  name: 'word-filter',
  config,
  async setup(host) {
    const { words, file, action } = host.config;
    const unwanted = file === undefined ? words : [...words, ...(await wordsIn(file))];
    if (unwanted.length === 0) return;
    // As Unicode compares without case, and wide, styled and composed letters as the plain ones.
    const matcher = new TextMatcher(unwanted, { normalization: 'NFKC', caseFold: true });

    host.amend('client:sent', ({ stanza }) => {
      if (!(stanza instanceof Message) || stanza.type === 'error' || !stanza.children.some(isCaught)) return;
      if (action === 'refuse')
        throw new StanzaError('not-acceptable', 'the message has words that are not wanted here');
      return stanza.withChildren(stanza.children.map((node) => (isCaught(node) ? masked(node) : node)));
    });

    function isCaught(node: Node): node is Element {
      return isRead(node) && matcher.match(node.text(), WHOLE_WORDS);
    }

    function masked(read: Element): Element {
      const text = matcher.replace(read.text(), asterisks, { ...WHOLE_WORDS, strategy: 'leftmost-longest' });
      return new Element(read.name, read.ns, read.attrs, [text]);
    }
  },
});

/** What people read of a message. */
function isRead(node: Node): node is Element {
  return typeof node !== 'string' && node.ns === NS_CLIENT && (node.name === 'body' || node.name === 'subject');
}

function asterisks({ start, end }: { start: number; end: number }): string {
  return '*'.repeat(end - start);
}

async function wordsIn(file: string): Promise<string[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}

export default definePlugin({ name: 'tharsis-plugin-word-filter', modules: [wordFilter] });
