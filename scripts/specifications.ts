/** XEP-0453: doap.xml, and the table of specifications in the README; both from what core and modules declare */
import type { AnyModule, Xep } from '#core';

export interface Declared {
  readonly rfcs: readonly number[];
  readonly xeps: readonly Xep[];
  readonly modules: readonly AnyModule[];
}

const RFC_TITLES: Readonly<Record<number, string>> = {
  5802: 'SCRAM-SHA-1, with SHA-512 by the same rules',
  6120: 'XMPP: Core',
  6121: 'XMPP: Instant Messaging and Presence',
  7395: 'XMPP over WebSocket',
  7590: 'Use of TLS in XMPP',
  7622: 'XMPP: Address Format',
  7677: 'SCRAM-SHA-256',
  9266: 'Channel Bindings for TLS 1.3',
  9525: 'Service Identity in TLS',
};

const XEP_TITLES: Readonly<Record<number, string>> = {
  4: 'Data Forms',
  12: 'Last Activity',
  30: 'Service Discovery',
  45: 'Multi-User Chat',
  49: 'Private XML Storage',
  50: 'Ad-Hoc Commands',
  54: 'vcard-temp',
  59: 'Result Set Management',
  77: 'In-Band Registration',
  92: 'Software Version',
  115: 'Entity Capabilities',
  133: 'Service Administration',
  156: 'Discovering Alternative XMPP Connection Methods',
  160: 'Best Practices for Handling Offline Messages',
  175: 'Best Practices for Use of SASL ANONYMOUS',
  178: 'Best Practices for Use of SASL EXTERNAL with Certificates',
  185: 'Dialback Key Generation and Validation',
  186: 'Invisible Command',
  198: 'Stream Management',
  199: 'XMPP Ping',
  202: 'Entity Time',
  203: 'Delayed Delivery',
  220: 'Server Dialback',
  237: 'Roster Versioning',
  249: 'Direct MUC Invitations',
  280: 'Message Carbons',
  288: 'Bidirectional Server-to-Server Connections',
  297: 'Stanza Forwarding',
  313: 'Message Archive Management',
  317: 'Hats',
  334: 'Message Processing Hints',
  352: 'Client State Indication',
  357: 'Push Notifications',
  359: 'Unique and Stable Stanza IDs',
  368: 'SRV records for XMPP over TLS',
  386: 'Bind 2',
  388: 'Extensible SASL Profile',
  410: 'MUC Self-Ping',
  421: 'Occupant Identifiers for Semi-Anonymous MUCs',
  424: 'Message Retraction',
  425: 'Moderated Message Retraction',
  433: 'Extended Channel Search',
  440: 'SASL Channel-Binding Type Capability',
  474: 'SASL SCRAM Downgrade Protection',
  478: 'Stream Limits Advertisement',
  480: 'SASL Upgrade Tasks',
  484: 'Fast Authentication Streamlining Tokens',
  486: 'MUC Avatars',
  441: 'Message Archive Management Preferences',
};

interface Supported extends Xep {
  /** The module that declares it; undefined for the core. */
  readonly module: string | undefined;
}

function supported({ xeps, modules }: Declared): Supported[] {
  return [
    ...xeps.map((xep) => ({ ...xep, module: undefined })),
    ...modules.flatMap(({ name, xeps: own = [] }) => own.map((xep) => ({ ...xep, module: name }))),
  ].sort((a, b) => a.xep - b.xep);
}

const rfcUrl = (rfc: number) => `https://www.rfc-editor.org/rfc/rfc${rfc}`;
const xepUrl = (xep: number) => `https://xmpp.org/extensions/xep-${digits(xep)}.html`;
const digits = (xep: number) => `${xep}`.padStart(4, '0');

/** The lines between the markers of README.md. */
export function specificationTable(declared: Declared): string {
  const rows = [
    ...declared.rfcs.map((rfc) => [`[RFC ${rfc}](${rfcUrl(rfc)})`, titleOf(RFC_TITLES, rfc), '', 'core', '']),
    ...supported(declared).map(({ xep, version, status, note, module }) => [
      `[XEP-${digits(xep)}](${xepUrl(xep)})`,
      titleOf(XEP_TITLES, xep),
      version,
      module === undefined ? 'core' : `\`${module}\``,
      [status, note].filter((part) => part !== undefined).join(': '),
    ]),
  ];
  return table([['Specification', 'Title', 'Version', 'Where', 'Note'], ...rows]);
}

/** As the formatter aligns it. */
function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  const widths = head.map((cell, column) => Math.max(cell.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  return [head, widths.map((width) => '-'.repeat(width)), ...rows].map(line).join('\n');
}

function titleOf(titles: Readonly<Record<number, string>>, number: number): string {
  const title = titles[number];
  if (title === undefined) throw new Error(`scripts/specifications.ts has no title for ${number}`);
  return title;
}

const BEGIN = '<!-- specifications:begin, written by scripts/doap.mjs -->';
const END = '<!-- specifications:end -->';

/** @throws Error when the markers are missing */
export function withTable(readme: string, declared: Declared): string {
  const [from, to] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (from < 0 || to < from) throw new Error('README.md has lost the markers around its table of specifications');
  return `${readme.slice(0, from)}${BEGIN}\n\n${specificationTable(declared)}\n\n${readme.slice(to)}`;
}

export interface Project {
  readonly name: string;
  readonly description: string;
}

/** XEP-0453 §4.1, §4.2 */
export function doap({ name, description }: Project, declared: Declared): string {
  const lines = [
    "<?xml version='1.0' encoding='UTF-8'?>",
    "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'",
    "         xmlns='http://usefulinc.com/ns/doap#'",
    "         xmlns:xmpp='https://linkmauve.fr/ns/xmpp-doap#'>",
    '  <Project>',
    `    <name>${escaped(name)}</name>`,
    `    <shortdesc xml:lang='en'>${escaped(description)}</shortdesc>`,
    "    <license rdf:resource='https://www.apache.org/licenses/LICENSE-2.0'/>",
    '    <language>en</language>',
    '    <programming-language>TypeScript</programming-language>',
    '    <platform>Node.js</platform>',
    '    <os>Linux</os>',
    "    <category rdf:resource='https://linkmauve.fr/ns/xmpp-doap#category-server'/>",
    ...declared.rfcs.map((rfc) => `    <implements rdf:resource='${rfcUrl(rfc)}'/>`),
    ...supported(declared).flatMap(({ xep, version, status = 'complete', note, module }) => [
      '    <implements>',
      '      <xmpp:SupportedXep>',
      `        <xmpp:xep rdf:resource='${xepUrl(xep)}'/>`,
      `        <xmpp:status>${status}</xmpp:status>`,
      `        <xmpp:version>${version}</xmpp:version>`,
      ...[note, module && `module ${module}`]
        .filter((text) => text !== undefined)
        .map((text) => `        <xmpp:note xml:lang='en'>${escaped(text)}</xmpp:note>`),
      '      </xmpp:SupportedXep>',
      '    </implements>',
    ]),
    '  </Project>',
    '</rdf:RDF>',
  ];
  return `${lines.join('\n')}\n`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
