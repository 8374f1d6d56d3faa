/** The server's log: pino's JSON lines, or the same in a form for people */
import type { Writable } from 'node:stream';
import pino from 'pino';
import type { Logger } from '#core';

const RANK = { debug: 20, info: 30, warn: 40, error: 50, silent: 60 } as const;
type Level = keyof typeof RANK;

export interface LogSettings {
  /** Read at each line: a change takes effect at once, also in the loggers made before. */
  readonly level: Level;
  /** auto: text on a terminal, else json. */
  readonly format: 'auto' | 'json' | 'text';
}

/** @param out the standard error by default: the standard output is for what a command answers */
export function createLog(settings: LogSettings, out: Writable & { isTTY?: boolean } = process.stderr): Logger {
  const isText = settings.format === 'text' || (settings.format === 'auto' && out.isTTY === true);
  const destination = isText ? { write: (line: string) => void out.write(asText(line)) } : out;
  return new LevelledLogger(settings, pino({ level: 'debug', base: null }, destination));
}

/** pino copies the level into each child; here all ask the settings. */
class LevelledLogger implements Logger {
  readonly #settings: LogSettings;
  readonly #pino: pino.Logger;

  constructor(settings: LogSettings, target: pino.Logger) {
    this.#settings = settings;
    this.#pino = target;
  }

  debug(fields: object, message: string): void {
    if (RANK[this.#settings.level] <= RANK.debug) this.#pino.debug(fields, message);
  }

  info(fields: object, message: string): void {
    if (RANK[this.#settings.level] <= RANK.info) this.#pino.info(fields, message);
  }

  warn(fields: object, message: string): void {
    if (RANK[this.#settings.level] <= RANK.warn) this.#pino.warn(fields, message);
  }

  error(fields: object, message: string): void {
    if (RANK[this.#settings.level] <= RANK.error) this.#pino.error(fields, message);
  }

  child(bindings: Record<string, unknown>): Logger {
    return new LevelledLogger(this.#settings, this.#pino.child(bindings));
  }
}

const LABELS: Readonly<Record<number, string>> = { 20: 'debug', 30: 'info ', 40: 'WARN ', 50: 'ERROR' };

/** `12:00:00.000 info  message  key=value`, with the stack of an error below. */
function asText(line: string): string {
  const { level, time, msg, err, ...fields } = JSON.parse(line) as Record<string, unknown> & {
    readonly level: number;
    readonly time: number;
    readonly err?: { readonly stack?: string; readonly message?: string };
  };
  const clock = new Date(time).toISOString().slice(11, 23);
  const pairs = Object.entries(fields).map(([key, value]) => ` ${key}=${inOneWord(value)}`);
  const stack = err === undefined ? '' : `\n  ${(err.stack ?? err.message ?? '').replaceAll('\n', '\n  ')}`;
  return `${clock} ${LABELS[level]} ${msg}${pairs.length > 0 ? ' ' : ''}${pairs.join('')}${stack}\n`;
}

function inOneWord(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}
