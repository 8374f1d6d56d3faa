/** Reads a stanza script: a header, the actors, the steps. The format is told in ../README.md. */

export const TRANSPORTS = ['tcp', 'websocket', 'mars'] as const;
export type TransportName = (typeof TRANSPORTS)[number];

const PLAIN_VERBS = [
  'connects',
  'logs in',
  'dials',
  'opens a stream',
  'authenticates',
  'disconnects',
  'drops',
  'receives nothing',
] as const;
const BLOCK_VERBS = [
  'sends',
  'sends raw',
  'authenticates with',
  'authenticates by token with',
  'receives',
  'receives in any order',
  'is offered',
  'is not offered',
] as const;

export type Step = { readonly line: number; readonly actor: string } & (
  | { readonly verb: (typeof PLAIN_VERBS)[number] }
  | { readonly verb: (typeof BLOCK_VERBS)[number]; readonly block: string }
  | { readonly verb: 'is closed with'; readonly condition: string }
  | { readonly verb: 'enters'; readonly room: string; readonly nick: string }
  | { readonly verb: 'opens'; readonly room: string; readonly nick: string; readonly block: string }
);

export interface ActorSpec {
  readonly name: string;
  readonly localpart: string;
  readonly resource: string;
}

export interface Script {
  readonly file: string;
  readonly title: string;
  readonly transports: readonly TransportName[];
  /** Other servers known to differ from the specification here, with what they do instead. */
  readonly deviations: ReadonlyMap<string, string>;
  readonly actors: ReadonlyMap<string, ActorSpec>;
  /** [subscriber, contact]: made before the first step. */
  readonly subscriptions: readonly (readonly [string, string])[];
  readonly steps: readonly Step[];
}

/** Game clients have no streams: scripts that look at those, or send what is no stanza, are not for them. */
function hasNoStream(step: Step): boolean {
  switch (step.verb) {
    case 'connects':
    case 'logs in':
    case 'disconnects':
    case 'drops':
    case 'receives nothing':
      return true;
    case 'sends':
      return !/^(?: {2})?<(?!message|presence|iq|\/)|urn:ietf:params:xml:ns:xmpp-bind/m.test(step.block);
    case 'receives':
    case 'receives in any order':
      return !/^(?: {2})?<(?!message|presence|iq|\/)/m.test(step.block);
    default:
      return false;
  }
}

export class ScriptError extends Error {
  override readonly name = 'ScriptError';
  constructor(file: string, line: number, message: string) {
    super(`${file}:${line}: ${message}`);
  }
}

export function parseScript(file: string, source: string): Script {
  const lines = source.split('\n');
  const header = new Map<string, string>();
  const deviations = new Map<string, string>();
  const actors = new Map<string, ActorSpec>();
  const subscriptions: (readonly [string, string])[] = [];
  const steps: Step[] = [];

  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]?.trimEnd() ?? '';
    const number = index + 1;
    if (line === '' || line.startsWith('#')) continue;
    const field = /^(title|spec|transports|differs|subscribed|[a-z]+): (.+)$/.exec(line);
    if (field === null) {
      const block: string[] = [];
      while (/^(\s|$)/.test(lines[index + 1] ?? '#')) block.push(lines[++index] ?? '');
      steps.push(parseStep(file, number, line, block.join('\n').trim(), actors));
      continue;
    }
    const [, key = '', value = ''] = field;
    if (steps.length > 0) throw new ScriptError(file, number, `${key}: belongs above the first step`);
    if (key === 'differs') {
      const [peer = '', ...reason] = value.split(', ');
      deviations.set(peer, reason.join(', '));
    } else if (key === 'subscribed') {
      const pair = /^([a-z]+) to ([a-z]+)$/.exec(value);
      if (pair === null) throw new ScriptError(file, number, 'expected "subscribed: romeo to juliet"');
      subscriptions.push([pair[1] ?? '', pair[2] ?? '']);
    } else if (['title', 'spec', 'transports'].includes(key)) {
      header.set(key, value);
    } else {
      const jid = /^([a-z]+)@localhost\/(\S+)$/.exec(value);
      if (jid === null) throw new ScriptError(file, number, 'expected "juliet: juliet@localhost/balcony"');
      actors.set(key, { name: key, localpart: jid[1] ?? '', resource: jid[2] ?? '' });
    }
  }

  const title = header.get('title');
  const spec = header.get('spec');
  if (title === undefined || spec === undefined) throw new ScriptError(file, 1, 'title: and spec: are missing');
  const named = header.get('transports')?.split(', ');
  const transports = TRANSPORTS.filter((transport) =>
    transport === 'mars' ? named === undefined && steps.every(hasNoStream) : (named?.includes(transport) ?? true),
  );
  return { file, title: `${title} (${spec})`, transports, deviations, actors, subscriptions, steps };
}

function parseStep(
  file: string,
  line: number,
  text: string,
  block: string,
  actors: ReadonlyMap<string, ActorSpec>,
): Step {
  const [, actor = '', rest = ''] = /^(\S+) (.+)$/.exec(text) ?? [];
  if (!actors.has(actor)) throw new ScriptError(file, line, `no actor is called "${actor}"`);
  const closing = /^is closed with ([a-z-]+)$/.exec(rest);
  if (closing !== null) return { line, actor, verb: 'is closed with', condition: closing[1] ?? '' };
  const room = /^(enters|opens) ([a-z]+) as ([^\s:]+)( with:)?$/.exec(rest);
  if (room !== null && (room[4] !== undefined) === (block !== '')) {
    const place = { line, actor, room: room[2] ?? '', nick: room[3] ?? '' };
    if (room[1] === 'opens') return { ...place, verb: 'opens', block };
    if (block === '') return { ...place, verb: 'enters' };
  }
  const verb = rest.replace(/:$/, '');
  const plain = PLAIN_VERBS.find((known) => known === verb);
  if (plain !== undefined && verb === rest && block === '') return { line, actor, verb: plain };
  const withBlock = BLOCK_VERBS.find((known) => known === verb);
  if (withBlock !== undefined && verb !== rest && block !== '') return { line, actor, verb: withBlock, block };
  throw new ScriptError(file, line, `not a step: ${text}`);
}
