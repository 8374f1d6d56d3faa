import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { Terminal } from './terminal.ts';

/** Reads a secret: on a terminal twice and unseen, else the whole standard input without its last line end. */
export async function readSecret(name: string, terminal: Terminal): Promise<string> {
  if (terminal.input.isTTY !== true) {
    const chunks: Buffer[] = [];
    for await (const chunk of terminal.input) chunks.push(Buffer.from(chunk));
    return Buffer.concat(chunks)
      .toString('utf8')
      .replace(/\r?\n$/, '');
  }
  const secret = await askUnseen(`New ${name}: `, terminal);
  if (secret !== (await askUnseen(`The same ${name} again: `, terminal))) {
    throw new Error(`the two ${name}s differ: nothing was done`);
  }
  return secret;
}

/** On a terminal. */
export function askUnseen(prompt: string, { input, errors }: Terminal): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  errors.write(prompt);
  const lines = createInterface({ input, output: nowhere, terminal: true });
  return new Promise((done, fail) => {
    lines.once('close', () => fail(new Error('nothing was given: nothing was done')));
    lines.question('', (answer) => {
      errors.write('\n');
      done(answer);
      lines.close();
    });
  });
}
