import { expect, it } from 'vitest';
import { z } from 'zod';
import { StanzaError } from '../stanza/index.ts';
import { CommandError, CommandRegistry, defineCommand } from './index.ts';

const double = defineCommand({
  name: 'number.double',
  summary: 'Double a number',
  input: z.strictObject({ n: z.int().max(10) }),
  output: z.object({ n: z.int() }),
  run: ({ n }) => ({ n: n * 2 }),
});

it('runs a command with the input its definition describes', async () => {
  const commands = new CommandRegistry();
  commands.add(double);
  expect(await commands.run('number.double', { n: 4 })).toEqual({ n: 8 });
});

it('refuses an input that does not fit, naming the fields', async () => {
  const commands = new CommandRegistry();
  commands.add(double);
  const error = await commands.run('number.double', { n: 11, m: 1 }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(CommandError);
  expect((error as CommandError).issues).toEqual([
    { path: 'n', message: 'Too big: expected number to be <=10' },
    { path: '', message: 'Unrecognized key: "m"' },
  ]);
});

it('says that there is no such command', async () => {
  await expect(new CommandRegistry().run('number.halve', {})).rejects.toEqual(
    new StanzaError('item-not-found', 'there is no command number.halve'),
  );
});

it('has each name once, and forgets a command that is taken out', () => {
  const commands = new CommandRegistry();
  const remove = commands.add(double);
  expect(() => commands.add(double)).toThrow('there are two commands number.double');
  expect(commands.list().map(({ name }) => name)).toEqual(['number.double']);
  remove();
  expect(commands.get('number.double')).toBeUndefined();
});

it('has a command for each host that offers it, and asks which one is meant', async () => {
  const commands = new CommandRegistry();
  const where = (domain: string) =>
    defineCommand({
      name: 'host.name',
      summary: 'Tell where it ran',
      input: z.strictObject({ host: z.string().optional(), jid: z.string().optional() }),
      output: z.object({ domain: z.string() }),
      run: () => ({ domain }),
    });
  commands.add(where('example.com'), 'example.com');
  expect(await commands.run('host.name', {})).toEqual({ domain: 'example.com' });
  commands.add(where('example.org'), 'example.org');
  expect(() => commands.add(where('example.org'), 'example.org')).toThrow('there are two commands host.name');
  expect(() => commands.add(where(''))).toThrow('there are two commands host.name');
  expect(commands.list()).toHaveLength(1);
  expect(await commands.run('host.name', { host: 'example.org' })).toEqual({ domain: 'example.org' });
  expect(await commands.run('host.name', { jid: 'a@Example.org/b' })).toEqual({ domain: 'example.org' });
  await expect(commands.run('host.name', {})).rejects.toMatchObject({ condition: 'bad-request' });
  await expect(commands.run('host.name', { host: 'example.net' })).rejects.toMatchObject({
    condition: 'item-not-found',
  });
});
