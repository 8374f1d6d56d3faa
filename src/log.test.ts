import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { createLog, type LogSettings } from './log.ts';

function logTo(settings: LogSettings, isTTY = false) {
  const out = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY });
  return { log: createLog(settings, out), text: () => (out.read() as string | null) ?? '' };
}

it('writes one JSON object per line, with the bindings of its children', () => {
  const { log, text } = logTo({ level: 'info', format: 'auto' });
  log.child({ host: 'localhost' }).warn({ port: 5222 }, 'taken');
  expect(JSON.parse(text())).toMatchObject({ level: 40, host: 'localhost', port: 5222, msg: 'taken' });
});

it('writes for people on a terminal', () => {
  const { log, text } = logTo({ level: 'info', format: 'auto' }, true);
  log.info({ jid: 'romeo@example.org', why: 'two words' }, 'bound');
  expect(text()).toMatch(/^\d\d:\d\d:\d\d\.\d{3} info {2}bound {2}jid=romeo@example.org why="two words"\n$/);
});

it('writes the stack of an error below the line', () => {
  const { log, text } = logTo({ level: 'info', format: 'text' });
  log.error({ err: new Error('odd') }, 'failed');
  expect(text()).toMatch(/ERROR failed\n {2}Error: odd\n {6}at /);
});

it('follows a change of the level at once, also in loggers made before', () => {
  const settings: { level: LogSettings['level']; format: 'json' } = { level: 'warn', format: 'json' };
  const { log, text } = logTo(settings);
  const child = log.child({});
  child.info({}, 'unheard');
  settings.level = 'debug';
  child.debug({}, 'heard');
  settings.level = 'silent';
  child.error({}, 'unheard');
  expect(
    text()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).msg),
  ).toEqual(['heard']);
});
