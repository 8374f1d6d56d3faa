/** RFC 6120 §13.12, rule 6, between whole servers */
import { expect, it, onTestFinished } from 'vitest';
import { logInTo, startFederatedServer } from '../../test/support/federated.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { DIALBACK_FEATURE, RawS2s, RawS2sServer } from '../../test/support/raw-s2s.ts';

it('who proves another domain on a stream may not send faster for it', async () => {
  const clock = new ManualClock();
  const server = await startFederatedServer('capulet.example', {
    clock,
    s2s: { secure: 'optional', bytes_per_second: 10_000 },
  });
  onTestFinished(() => server.stop());
  const juliet = await logInTo(server, 'juliet');
  const stream = await RawS2s.dial(server.port('s2s'), { from: 'montague.example', to: 'capulet.example' });
  onTestFinished(() => stream.destroy());
  await stream.begin();

  async function prove(domain: string): Promise<void> {
    const of = await RawS2sServer.listen(domain);
    onTestFinished(() => of.close());
    await server.leadTo(domain, of.port);
    stream.sendKey('a key', { from: domain, to: 'capulet.example' });
    const asked = await of.accept();
    await asked.find('stream');
    asked.answer('y', DIALBACK_FEATURE);
    const { attrs } = await asked.find('verify');
    asked.send(`<db:verify from='${domain}' to='capulet.example' id='${attrs.id}' type='valid'/>`);
    expect((await stream.find('result')).attrs.type).toBe('valid');
  }
  const say = (id: string, length: number) =>
    stream.send(
      `<message from='romeo@montague.example' to='juliet@capulet.example/test' id='${id}'><body>${'o'.repeat(length)}</body></message>`,
    );

  await prove('montague.example');
  say('one', 60_000);
  expect((await juliet.find('message')).attrs.id).toBe('one');
  await prove('verona.example');
  say('two', 60_000);
  say('three', 60_000);
  say('four', 0);
  const heard: (string | undefined)[] = [];
  const listening = (async () => {
    while (heard.at(-1) !== 'four') heard.push((await juliet.find('message')).attrs.id);
  })();
  // Takes longer than what is not held back.
  await logInTo(server, 'romeo');
  expect(heard).not.toContain('four');
  const passed = () => {
    clock.advance(1_000);
    return heard;
  };
  await expect.poll(passed, { interval: 5 }).toEqual(['two', 'three', 'four']);
  await listening;
});
