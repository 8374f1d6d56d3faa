/** XEP-0133: which command is under which node, and what its fields are called there */
import { type CommandField, type FieldType, fieldsOf, type Host, Jid } from '#core';
import { NS_ADMIN, NS_OWN } from './namespaces.ts';

/** A use case of XEP-0133 §4 that one of our commands serves. */
interface UseCase {
  readonly command: string;
  /** Our field by theirs. */
  readonly vars?: Readonly<Record<string, string>>;
  /** Their field with several JIDs: the command is run for each. */
  readonly each?: string;
  /** A field of theirs that says another once more, as that is typed unseen. */
  readonly again?: { readonly var: string; readonly of: string };
  /** What of the answer is told, and how. The whole is under the name of ours. */
  readonly tells?: {
    readonly var: string;
    readonly type: FieldType;
    readonly of: (output: never) => readonly string[];
  };
  /** It is answered at once, although the command of ours has options. */
  readonly asksNothing?: boolean;
}

interface Found {
  readonly jid: string;
}

const bareOf = (jid: string): string => Jid.parse(jid).bare().toString();

const ACCOUNT = { accountjid: 'jid' };
const ACCOUNTS = { vars: { accountjids: 'jid' }, each: 'accountjids' };

const USE_CASES: Readonly<Record<string, UseCase>> = {
  'add-user': { command: 'user.add', vars: ACCOUNT, again: { var: 'password-verify', of: 'password' } },
  'delete-user': { command: 'user.delete', ...ACCOUNTS },
  'disable-user': { command: 'user.disable', ...ACCOUNTS },
  'reenable-user': { command: 'user.enable', ...ACCOUNTS },
  'end-user-session': { command: 'session.kick', ...ACCOUNTS },
  'change-user-password': { command: 'user.passwd', vars: ACCOUNT },
  'get-online-users-num': {
    command: 'session.count',
    asksNothing: true,
    tells: { var: 'onlineusersnum', type: 'text-single', of: ({ users }: { users: number }) => [String(users)] },
  },
  'get-online-users-list': {
    command: 'session.list',
    vars: { max_items: 'limit' },
    tells: {
      var: 'onlineuserjids',
      type: 'jid-multi',
      of: ({ sessions }: { sessions: readonly Found[] }) => [...new Set(sessions.map(({ jid }) => bareOf(jid)))],
    },
  },
  'get-registered-users-list': {
    command: 'user.list',
    vars: { max_items: 'limit' },
    tells: {
      var: 'registereduserjids',
      type: 'jid-multi',
      of: ({ users }: { users: readonly Found[] }) => users.map(({ jid }) => jid),
    },
  },
  announce: { command: 'message.broadcast', vars: { announcement: 'body' } },
  shutdown: { command: 'server.stop' },
};

/** What is asked for in a form. */
export interface AskedField extends CommandField {
  /** Its name in the form. */
  readonly var: string;
  /** The name of the field that says the same. */
  readonly repeats?: string;
}

export interface CommandNode {
  readonly node: string;
  readonly command: string;
  readonly title: string;
  /** The value of FORM_TYPE (XEP-0068). */
  readonly formType: string;
  readonly fields: readonly AskedField[];
  readonly each: string | undefined;
  readonly tells: UseCase['tells'];
  /** Run at once: it asks for nothing and changes nothing. */
  readonly isImmediate: boolean;
}

/** By node: every command once, under the name XEP-0133 has for it, or else under one of ours. */
export function nodesOf(host: Host): Map<string, CommandNode> {
  const nodes = new Map<string, CommandNode>();
  const add = (
    node: string,
    formType: string,
    { command, vars = {}, each, again, tells, asksNothing }: UseCase,
  ): void => {
    const spec = host.commands.get(command);
    if (spec === undefined) return;
    const names = new Map(Object.entries(vars).map(([theirs, ours]) => [ours, theirs]));
    const asked = fieldsOf(spec).flatMap((field): AskedField[] => {
      const named = { ...field, var: names.get(field.name) ?? field.name };
      return again?.of === named.var ? [named, repeated(named, again.var)] : [named];
    });
    const fields = asksNothing ? [] : asked;
    const isImmediate = spec.reads === true && fields.length === 0;
    nodes.set(node, { node, command, title: spec.summary, formType, fields, each, tells, isImmediate });
  };
  for (const [name, useCase] of Object.entries(USE_CASES)) add(`${NS_ADMIN}#${name}`, NS_ADMIN, useCase);
  const named = new Set([...nodes.values()].flatMap(({ command, tells }) => (tells === undefined ? [command] : [])));
  for (const { name } of host.commands.list()) {
    if (!named.has(name)) add(`${NS_OWN}#${name}`, NS_OWN, { command: name });
  }
  return nodes;
}

/** §4.1 does not have it as required: a program has no need to send it. */
function repeated(field: AskedField, name: string): AskedField {
  const description = `${field.description}, once more`;
  return { ...field, name, var: name, description, isRequired: false, repeats: field.name };
}
