/** One thing wrong with the configuration. */
export interface ConfigProblem {
  /** Such as `hosts.localhost.modules.roster.max_items`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
  /** Undefined for what did not come from a file. */
  readonly file?: string | undefined;
  /** Counts from 1. */
  readonly line?: number | undefined;
}

/** Stops the start. The message has one line for every problem: `tharsis.yaml:12: path: what is wrong`. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[], options?: { cause?: unknown }) {
    super(problems.map(asLine).join('\n'), options);
    this.problems = problems;
  }
}

function asLine({ file, line, path, message }: ConfigProblem): string {
  const where = file === undefined ? 'options' : line === undefined ? file : `${file}:${line}`;
  return path === '' ? `${where}: ${message}` : `${where}: ${path}: ${message}`;
}
