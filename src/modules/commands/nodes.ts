/** XEP-0133: which command is under which node, and what its fields are called there */
import { type CommandField, fieldsOf, type Host } from '#core';
import { NS_ADMIN, NS_OWN } from './namespaces.ts';

/** A use case of XEP-0133 §4 that one of our commands serves. */
interface UseCase {
  readonly command: string;
  /** Our field by theirs. */
  readonly vars?: Readonly<Record<string, string>>;
  /** Their field with several JIDs: the command is run for each. */
  readonly each?: string;
  /** It asks for nothing, and tells this. */
  readonly tells?: { readonly var: string; readonly of: (output: never) => string };
}

const ACCOUNT = { accountjid: 'jid' };
const ACCOUNTS = { vars: { accountjids: 'jid' }, each: 'accountjids' };

const USE_CASES: Readonly<Record<string, UseCase>> = {
  'add-user': { command: 'user.add', vars: ACCOUNT },
  'delete-user': { command: 'user.delete', ...ACCOUNTS },
  'disable-user': { command: 'user.disable', ...ACCOUNTS },
  'reenable-user': { command: 'user.enable', ...ACCOUNTS },
  'end-user-session': { command: 'session.kick', ...ACCOUNTS },
  'change-user-password': { command: 'user.passwd', vars: ACCOUNT },
  'get-online-users-num': {
    command: 'session.count',
    tells: { var: 'onlineusersnum', of: ({ users }: { readonly users: number }) => String(users) },
  },
  'get-online-users-list': { command: 'session.list', vars: { max_items: 'limit' } },
  'get-registered-users-list': { command: 'user.list', vars: { max_items: 'limit' } },
  announce: { command: 'message.broadcast', vars: { announcement: 'body' } },
  shutdown: { command: 'server.stop' },
};

/** What is asked for in a form. */
export interface AskedField extends CommandField {
  /** Its name in the form. */
  readonly var: string;
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
  const add = (node: string, formType: string, { command, vars = {}, each, tells }: UseCase): void => {
    const spec = host.commands.get(command);
    if (spec === undefined) return;
    const names = new Map(Object.entries(vars).map(([theirs, ours]) => [ours, theirs]));
    const asked = fieldsOf(spec).map((field) => ({ ...field, var: names.get(field.name) ?? field.name }));
    const fields = tells === undefined ? asked : [];
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
