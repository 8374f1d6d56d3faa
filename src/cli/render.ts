/** What commands answer, for people */

/** For commands that answer with the JID they changed. */
const DEEDS: Readonly<Record<string, string>> = {
  'user.add': 'made',
  'user.passwd': 'set the password of',
  'user.delete': 'deleted',
  'user.disable': 'disabled',
  'user.enable': 'enabled',
  'user.unban': 'lifted the ban of',
  'user.unmute': 'unmuted',
  'message.send': 'sent to',
};

export function render(command: string, output: unknown): string {
  const deed = DEEDS[command];
  if (deed !== undefined) return `${deed} ${(output as { readonly jid: string }).jid}`;
  if (command === 'server.reload') return renderChanges((output as { readonly changes: readonly Change[] }).changes);
  if (command === 'session.kick') {
    return (output as { readonly kicked: readonly string[] }).kicked.map((jid) => `ended ${jid}`).join('\n');
  }
  if (command === 'server.stop') return 'stopped';
  return renderAny(output as Record<string, unknown>);
}

interface Change {
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
  readonly reload: 'live' | 'restart';
}

export function renderChanges(changes: readonly Change[]): string {
  if (changes.length === 0) return 'certificates read again; nothing changed in the configuration';
  return changes
    .map(({ path, before, after, reload }) => {
      const effect = reload === 'live' ? 'applied' : 'needs a restart';
      return `${path}: ${inJson(before)} -> ${inJson(after)} (${effect})`;
    })
    .join('\n');
}

function inJson(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

/** Single values first, then each list as a table. */
function renderAny(output: Record<string, unknown>): string {
  const entries = Object.entries(output).filter(([key, value]) => key !== 'more' && value !== undefined);
  const lists = entries.filter((entry): entry is [string, Record<string, unknown>[]] => Array.isArray(entry[1]));
  const singles = entries.filter(([, value]) => !Array.isArray(value));
  const blocks = lists.map(([key, list]) => (list.length === 0 ? `no ${key}` : table(list)));
  if (singles.length > 0)
    blocks.unshift(columns(singles.map(([key, value]) => [key.replaceAll('_', ' '), `${value}`])));
  if (output.more === true) blocks.push('There are more.');
  return blocks.join('\n\n');
}

function table(records: readonly Record<string, unknown>[]): string {
  const keys = [...new Set(records.flatMap((row) => Object.keys(row)))];
  const heads = keys.map((key) => key.replaceAll('_', ' ').toUpperCase());
  return columns([heads, ...records.map((row) => keys.map((key) => cell(row[key])))]);
}

function cell(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return value === undefined ? '-' : `${value}`;
}

function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) for (const [at, text] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, text.length);
  return rows
    .map((row) =>
      row
        .map((text, at) => text.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
