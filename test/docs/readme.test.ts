/** The README shows code that runs */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { message, NS_CLIENT, ns } from '#core';
import { TestHost } from '../support/test-host.ts';
import noShouting from './no-shouting.ts';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const body = ns(NS_CLIENT);

it.each(['no-shouting.ts', 'testing-example.test.ts'])('%s is in the README as it is here', (file) => {
  expect(read('../../README.md')).toContain(`\`\`\`ts\n${read(file)}\`\`\`\n`);
});

it('the plugin refuses messages that shout and lets others pass', async () => {
  const server = await TestHost.start([...noShouting.modules], ['romeo']);
  const romeo = server.connect('romeo', 'orchard');
  const to = romeo.session.jid;
  const say = (text: string) => romeo.session.receive(message({ to, type: 'chat' }, body('body', {}, text)));
  say('Juliet');
  say('JULIET! '.repeat(4));
  const [heard, refused] = romeo.takeStanzas();
  expect(heard?.childText('body')).toBe('Juliet');
  expect(refused?.type).toBe('error');
  expect(refused?.child('error')?.childText('text', 'urn:ietf:params:xml:ns:xmpp-stanzas')).toBe(
    'Please do not shout.',
  );
});
