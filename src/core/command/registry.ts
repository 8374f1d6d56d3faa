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

/** The commands of a server, by name. */
export class CommandRegistry {
  readonly #commands = new Map<string, Command>();

  /** The returned function takes the command out again. @throws Error when the name is taken */
  add(command: Command): () => void {
    const { name } = command;
    if (this.#commands.has(name)) throw new Error(`there are two commands ${name}`);
    this.#commands.set(name, command);
    return () => void this.#commands.delete(name);
  }

  get(name: string): Command | undefined {
    return this.#commands.get(name);
  }

  /** By name. */
  list(): readonly Command[] {
    return [...this.#commands.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /**
   * @throws CommandError when the input does not fit
   * @throws StanzaError item-not-found when there is no such command, and whatever the command refuses with
   */
  async run(name: string, input: unknown): Promise<unknown> {
    const command = this.#commands.get(name);
    if (command === undefined) throw new StanzaError('item-not-found', `there is no command ${name}`);
    const parsed = command.input.safeParse(input);
    if (!parsed.success) {
      throw new CommandError(parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })));
    }
    return command.output.parse(await command.run(parsed.data));
  }
}
