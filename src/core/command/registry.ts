import { Jid } from '../jid/index.ts';
import { StanzaError } from '../stanza/index.ts';
import type { Command } from './command.ts';

/** What is wrong with one field of an input. */
export interface CommandIssue {
  /** The field; empty for the input as a whole. */
  readonly path: string;
  readonly message: string;
}

/** The input does not fit the command; nothing was done. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly issues: readonly CommandIssue[];

  constructor(issues: readonly CommandIssue[]) {
    super(issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; '));
    this.issues = issues;
  }
}

/** The commands of a server, by name. One that modules offer can be there for each of several hosts. */
export class CommandRegistry {
  readonly #commands = new Map<string, Map<string, Command>>();

  /**
   * The returned function takes the command out again.
   *
   * @param host the domain of the users it is for; '' for the server as a whole
   * @throws Error when the name is taken
   */
  add(command: Command, host = ''): () => void {
    const { name } = command;
    const offered = this.#commands.get(name) ?? new Map<string, Command>();
    if (offered.has(host) || (offered.size > 0 && (host === '' || offered.has('')))) {
      throw new Error(`there are two commands ${name}`);
    }
    this.#commands.set(name, offered.set(host, command));
    return () => {
      offered.delete(host);
      if (offered.size === 0) this.#commands.delete(name);
    };
  }

  /** The first of that name. */
  get(name: string): Command | undefined {
    const [first] = this.#commands.get(name)?.values() ?? [];
    return first;
  }

  /** As `get`. @throws StanzaError item-not-found */
  named(name: string): Command {
    const command = this.get(name);
    if (command === undefined) throw new StanzaError('item-not-found', `there is no command ${name}`);
    return command;
  }

  /** By name, each once. */
  list(): readonly Command[] {
    const all = [...this.#commands.keys()].map((name) => this.get(name)).filter((command) => command !== undefined);
    return all.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /**
   * @throws CommandError when the input does not fit
   * @throws StanzaError item-not-found when there is no such command, or none for the `host` of the input; bad-request when the
   * input has to say which one it is for; and whatever the command refuses with
   */
  async run(name: string, input: unknown): Promise<unknown> {
    const offered = this.#commands.get(name);
    if (offered === undefined) throw new StanzaError('item-not-found', `there is no command ${name}`);
    const command = commandFor(offered, input);
    const parsed = command.input.safeParse(input);
    if (!parsed.success) {
      throw new CommandError(parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })));
    }
    return command.output.parse(await command.run(parsed.data));
  }
}

function commandFor(offered: ReadonlyMap<string, Command>, input: unknown): Command {
  const [first, ...others] = offered.values();
  const { host = domainIn(input) } = (input ?? {}) as { readonly host?: unknown };
  const hosts = [...offered.keys()].join(', ');
  if (first === undefined || (host === undefined && others.length > 0)) {
    throw new StanzaError('bad-request', `host has to be given, one of: ${hosts}`);
  }
  if (host === undefined || offered.has('')) return first;
  const named = offered.get(String(host));
  if (named === undefined)
    throw new StanzaError('item-not-found', `${host} does not have this; the hosts are: ${hosts}`);
  return named;
}

/** The domain of the account an input is about. */
function domainIn(input: unknown): string | undefined {
  const { jid } = (input ?? {}) as { readonly jid?: unknown };
  return typeof jid === 'string' ? Jid.tryParse(jid)?.domain : undefined;
}
