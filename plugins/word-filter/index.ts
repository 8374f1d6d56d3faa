/** Masks words in what users write, or refuses it */
import { readFile } from 'node:fs/promises';
import TextMatcher from 'modern-ahocorasick/text';
import { defineModule, definePlugin, Element, Message, type Node, NS_CLIENT, StanzaError, z } from 'tharsis/plugin';

const NS_XHTML_IM = 'http://jabber.org/protocol/xhtml-im';
/** Of XHTML: what is in another of these is another line. */
const BLOCKS = new Set([
  'blockquote',
  'body',
  'br',
  'div',
  'dd',
  'dl',
  'dt',
  'h1',
  'h2',
  'h3',
  'h4',
  'h5',
  'h6',
  'li',
  'ol',
  'p',
  'pre',
  'ul',
]);
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
      return stanza.withChildren(stanza.children.flatMap(masked));
    });

    function isCaught(node: Node): boolean {
      const text = typeof node === 'string' ? undefined : textOf(node);
      return text !== undefined && matcher.match(text, WHOLE_WORDS);
    }

    /** XEP-0071 §8: who gets no XHTML reads the body, which says the same. */
    function masked(node: Node): Node[] {
      if (typeof node === 'string') return [node];
      if (isFormatted(node)) return [];
      if (!isCaught(node)) return [node];
      const text = matcher.replace(node.text(), asterisks, { ...WHOLE_WORDS, strategy: 'leftmost-longest' });
      return [new Element(node.name, node.ns, node.attrs, [text])];
    }
  },
});

/** What people read of a part of a message; undefined where that is nothing. */
function textOf(node: Element): string | undefined {
  if (isFormatted(node)) return shown(node);
  const isRead = node.ns === NS_CLIENT && (node.name === 'body' || node.name === 'subject');
  return isRead ? node.text() : undefined;
}

function isFormatted(node: Element): boolean {
  return node.is('html', NS_XHTML_IM);
}

/** Words go on from one element to the next, but not from line to line. */
function shown({ name, children }: Element): string {
  const text = children.map((node) => (typeof node === 'string' ? node : shown(node))).join('');
  return BLOCKS.has(name) ? `\n${text}\n` : text;
}

function asterisks({ start, end }: { start: number; end: number }): string {
  return '*'.repeat(end - start);
}

async function wordsIn(file: string): Promise<string[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}

export default definePlugin({ name: 'tharsis-plugin-word-filter', modules: [wordFilter] });
