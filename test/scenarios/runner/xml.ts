/** XML as the runner sees it: ltx's event parser made into namespace-aware trees, so that the server's own parser is not tested with itself. */
import SaxLtx from 'ltx/src/parsers/ltx.js';

export interface XmlNode {
  readonly name: string;
  readonly ns: string;
  /** Without namespace declarations; a prefixed attribute keeps its prefix (`xml:lang`). */
  readonly attrs: Readonly<Record<string, string>>;
  readonly children: readonly (XmlNode | string)[];
}

interface OpenNode extends XmlNode {
  readonly qname: string;
  readonly scope: ReadonlyMap<string, string>;
  readonly children: (XmlNode | string)[];
}

export interface XmlEvents {
  /** The element at depth 0 has opened: the stream header on TCP. */
  opened?(root: XmlNode): void;
  /** An element at depth 1 is complete: a stanza on TCP. */
  child?(node: XmlNode): void;
  /** The element at depth 0 has closed. */
  closed?(root: XmlNode): void;
}

const WELL_KNOWN = new Map([
  ['', 'jabber:client'],
  ['xml', 'http://www.w3.org/XML/1998/namespace'],
]);

/** Reads one document from any number of chunks. Undeclared names are taken to be in `jabber:client`. */
export class XmlReader {
  readonly #sax = new SaxLtx();
  readonly #open: OpenNode[] = [];

  constructor(events: XmlEvents) {
    const open = this.#open;
    this.#sax.on('startElement', (qname, attributes) => {
      const node = openNode(qname, attributes, open.at(-1)?.scope ?? WELL_KNOWN);
      open.push(node);
      if (open.length === 1) events.opened?.(node);
    });
    this.#sax.on('text', (text) => {
      // The stream itself would otherwise collect every white-space keepalive.
      if (open.length > 1 || text.trim() !== '') open.at(-1)?.children.push(text);
    });
    this.#sax.on('endElement', (qname) => {
      const node = open.pop();
      if (node === undefined || node.qname !== qname) throw new Error(`</${qname}> closes <${node?.qname ?? ''}>`);
      if (open.length === 0) events.closed?.(node);
      else if (open.length === 1 && events.child !== undefined) events.child(node);
      else open.at(-1)?.children.push(node);
    });
    this.#sax.on('error', (error) => {
      throw error;
    });
  }

  write(text: string): void {
    this.#sax.write(text);
  }
}

export function parseXml(text: string): XmlNode {
  const documents: XmlNode[] = [];
  new XmlReader({ closed: (root) => documents.push(root) }).write(text);
  const [root] = documents;
  if (root === undefined || documents.length > 1) throw new Error(`not one whole XML element: ${text}`);
  return root;
}

export function elements(node: XmlNode): XmlNode[] {
  return node.children.filter((child) => typeof child !== 'string');
}

export function childNamed(node: XmlNode, name: string): XmlNode | undefined {
  return elements(node).find((child) => child.name === name);
}

export function textOf(node: XmlNode): string {
  return node.children.filter((child) => typeof child === 'string').join('');
}

/** The same tree with `rewrite` applied to every attribute value and every text. */
export function mapText(node: XmlNode, rewrite: (text: string) => string): XmlNode {
  const attrs = Object.fromEntries(Object.entries(node.attrs).map(([name, value]) => [name, rewrite(value)]));
  const children = node.children.map((child) => (typeof child === 'string' ? rewrite(child) : mapText(child, rewrite)));
  return { ...node, attrs, children };
}

/** One line of XML that declares each namespace where it differs from the one around it. */
export function printXml(node: XmlNode, around = 'jabber:client'): string {
  const declaration = node.ns === around ? '' : ` xmlns='${escapeXml(node.ns)}'`;
  const attrs = Object.entries(node.attrs).map(([name, value]) => ` ${name}='${escapeXml(value)}'`);
  const start = `<${node.name}${declaration}${attrs.join('')}`;
  if (node.children.length === 0) return `${start}/>`;
  const inside = node.children.map((child) =>
    typeof child === 'string' ? escapeXml(child) : printXml(child, node.ns),
  );
  return `${start}>${inside.join('')}</${node.name}>`;
}

function openNode(qname: string, attributes: Record<string, string>, around: ReadonlyMap<string, string>): OpenNode {
  const scope = new Map(around);
  const attrs: Record<string, string> = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'xmlns') scope.set('', value);
    else if (name.startsWith('xmlns:')) scope.set(name.slice(6), value);
    else attrs[name] = value;
  }
  const colon = qname.indexOf(':');
  const ns = scope.get(qname.slice(0, Math.max(colon, 0)));
  if (ns === undefined) throw new Error(`the prefix of <${qname}> is not declared`);
  return { qname, scope, name: qname.slice(colon + 1), ns, attrs, children: [] };
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&apos;',
  '"': '&quot;',
};

function escapeXml(text: string): string {
  return text.replace(/[&<>'"]/g, (character) => ESCAPES[character] ?? character);
}
