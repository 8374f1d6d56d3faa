/** The command line: `start`, and a subcommand for each command definition */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import type { CommandSpec } from '#core';
import { commandSpecs } from '../commands/specs.ts';
import { callServer } from '../control/control-client.ts';
import { fieldsOf } from '../core/command/fields.ts';
import { addFields, collectInput } from './fields.ts';
import { render } from './render.ts';
import { readSecret } from './secret.ts';
import { ownTerminal, type Terminal } from './terminal.ts';
import { waitForEnd } from './wait-for-end.ts';

/** Something wrong with how the command line was used. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

function createProgram(terminal: Terminal): Command {
  const program = new Command('tharsis')
    .description('XMPP server')
    .version(packageVersion())
    .showHelpAfterError('Try --help.')
    .configureOutput({
      writeOut: (text) => void terminal.output.write(text),
      writeErr: (text) => void terminal.errors.write(text),
    })
    .exitOverride();
  withCommonOptions(program.command('start').description('Start the server'))
    .option('--config <file>', 'configuration (default: tharsis.yaml, when it is there)')
    .action(async (options) => (await import('./start.ts')).start(options, terminal));
  program
    .command('chat')
    .description('Talk over the Mars transport; the password is asked for, or the first line of the standard input')
    .argument('<jid>', 'Bare JID, such as alice@localhost')
    .option('--server <url...>', 'where to connect, one after the other', ['tcp://127.0.0.1:9080'])
    .option('--key <base64>', 'public key of the server, to encrypt what TLS does not')
    .option('--room <jid>', 'room to join')
    .option('--nick <name>', 'nick in the room (default: the user name)')
    .action(async (jid, options) => (await import('./chat.ts')).chat(jid, options, terminal));
  withCommonOptions(
    program
      .command('demo')
      .description('Let players walk about on the page /scene until Ctrl-C; their accounts go with them'),
  )
    .option('--players <number>', 'how many', '40')
    .option('--host <domain>', 'whose accounts they get (default: the first host)')
    .action(async (options) => (await import('./demo.ts')).demo(options, terminal));
  const groups = new Map<string, Command>([['server', program]]);
  for (const spec of commandSpecs) {
    const [object = '', verb = ''] = spec.name.split('.');
    const group =
      groups.get(object) ??
      program.command(object).description(object === 's2s' ? 'Federation' : `Commands on ${object}s`);
    groups.set(object, group);
    const command = withCommonOptions(group.command(verb).description(spec.summary));
    addFields(command, spec);
    command.action(() => runCommand(command, spec, terminal));
  }
  return program;
}

/** Not from `#core`: what only talks to a server is to start at once. */
function packageVersion(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}

function withCommonOptions(command: Command): Command {
  return command
    .option('--data <directory>', 'data directory: says which server', './data')
    .option('--json', 'answer in JSON');
}

async function runCommand(command: Command, spec: CommandSpec, terminal: Terminal): Promise<void> {
  const { data, json } = command.opts<{ data: string; json?: true }>();
  const input = collectInput(command, spec);
  for (const { name, isSecret, isRequired } of fieldsOf(spec)) {
    if (isSecret && isRequired && input[name] === undefined) input[name] = await readSecret(name, terminal);
  }
  const checked = spec.input.safeParse(input);
  if (!checked.success) {
    throw new UsageError(checked.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'));
  }
  const output = await callServer(data, spec.name, input);
  if (spec.name === 'server.stop') await waitForEnd((output as { readonly pid: number }).pid);
  terminal.output.write(`${json ? JSON.stringify(output) : render(spec.name, output)}\n`);
}

/** The exit code: 0 done, 1 refused or failed, 2 wrong usage. */
export async function runProgram(argv: readonly string[], terminal: Terminal = ownTerminal): Promise<number> {
  try {
    await createProgram(terminal).parseAsync([...argv], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    report(error, argv.includes('--json'), terminal);
    return error instanceof UsageError ? 2 : 1;
  }
}

function report(error: unknown, json: boolean, { output, errors }: Terminal): void {
  // These are mistakes in the program: only their place helps.
  const isBug = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
  const message = !(error instanceof Error) ? String(error) : isBug ? `${error.stack}` : error.message;
  if (json) output.write(`${JSON.stringify({ error: detailsOf(error) ?? { text: message } })}\n`);
  else errors.write(`tharsis: ${message}\n`);
}

/** What the server said of a command it refused. */
function detailsOf(error: unknown): unknown {
  return (error as { readonly details?: unknown }).details;
}
