/** Two servers of ours, each with what the other is told */
import { afterEach, describe, expect, it } from 'vitest';
import { type FederatedOptions, type FederatedServer, logInTo, startFederated } from '../../test/support/federated.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';

const running: FederatedServer[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
});

async function start(
  options: FederatedOptions = {},
  tls?: 'starttls' | 'direct',
): Promise<[FederatedServer, FederatedServer]> {
  const servers = await startFederated({ 'capulet.example': options, 'montague.example': options }, tls);
  running.push(...servers);
  return servers as [FederatedServer, FederatedServer];
}

const say = (to: string, body: string) =>
  `<message xmlns='jabber:client' to='${to}' type='chat' id='${body}'><body>${body}</body></message>`;

describe('a message to a domain of another server', () => {
  it.each(['starttls', 'direct'] as const)('arrives by dialback over TLS, and the answer as well (%s)', async (tls) => {
    const [capulet, montague] = await start({}, tls);
    const juliet = await logInTo(capulet, 'juliet');
    const romeo = await logInTo(montague, 'romeo');
    juliet.send(say('romeo@montague.example/test', 'art thou not'));
    const heard = await romeo.find('message');
    expect(heard.attrs).toMatchObject({ from: 'juliet@capulet.example/test', to: 'romeo@montague.example/test' });
    romeo.send(say('juliet@capulet.example/test', 'neither'));
    expect((await juliet.find('message')).attrs.id).toBe('neither');
  });

  it('goes both ways on one stream', async () => {
    const [capulet, montague] = await start();
    const juliet = await logInTo(capulet, 'juliet');
    const romeo = await logInTo(montague, 'romeo');
    juliet.send(say('romeo@montague.example/test', 'one'));
    await romeo.find('message');
    romeo.send(say('juliet@capulet.example/test', 'two'));
    await juliet.find('message');
    const streams = () => [...(capulet.federation?.list(undefined) ?? [])];
    await expect.poll(() => streams().length, { interval: 5 }).toBe(1);
    expect(streams()).toMatchObject([{ domain: 'montague.example', direction: 'both', stanzasIn: 1, stanzasOut: 1 }]);
  });

  it('comes back with remote-server-timeout when its server takes no connections', async () => {
    const [capulet] = await start({ s2s: { queue_seconds: 1 } });
    await capulet.leadTo('nobody.example', 1);
    const juliet = await logInTo(capulet, 'juliet');
    juliet.send(say('x@nobody.example', 'lost'));
    const error = await juliet.find('message');
    expect(error.attrs).toMatchObject({ type: 'error', id: 'lost', from: 'x@nobody.example' });
    expect(JSON.stringify(error)).toContain('remote-server-timeout');
    expect([...(capulet.federation?.list('nobody.example') ?? [])]).toMatchObject([
      { state: 'failing', failure: 'nobody takes connections at 127.0.0.1, port 1: refused' },
    ]);
  });

  it('comes back when there are too many domains, until one of them can be forgotten', async () => {
    const clock = new ManualClock();
    const [capulet] = await start({ clock, s2s: { domains: 1, queue_seconds: 1 } });
    for (const domain of ['one.example', 'two.example']) await capulet.leadTo(domain, 1);
    const juliet = await logInTo(capulet, 'juliet');
    const refusal = async () => JSON.stringify(await juliet.find('message'));
    const failing = (domain: string) => [...(capulet.federation?.list(domain) ?? [])].map(({ state }) => state);
    juliet.send(say('x@one.example', 'x'));
    await expect.poll(() => failing('one.example'), { interval: 5 }).toEqual(['failing']);
    juliet.send(say('x@two.example', 'x'));
    expect(await refusal()).toContain('resource-constraint');
    clock.advance(1_000);
    await expect.poll(() => failing('one.example'), { interval: 5 }).toEqual(['failing']);
    expect(await refusal()).toContain('remote-server-timeout');
    juliet.send(say('x@two.example', 'x'));
    expect(await refusal()).toContain('resource-constraint');
    clock.advance(4_000);
    juliet.send(say('x@two.example', 'x'));
    await expect.poll(() => failing('two.example'), { interval: 5 }).toEqual(['failing']);
    expect(failing('one.example')).toEqual([]);
  });

  it('comes back when the other server does not know the domain', async () => {
    const [capulet, montague] = await start();
    await capulet.leadTo('verona.example', montague.port('s2s'));
    const juliet = await logInTo(capulet, 'juliet');
    juliet.send(say('x@verona.example', 'lost'));
    expect(JSON.stringify(await juliet.find('message'))).toContain('remote-server-not-found');
  });

  it('is refused when the domain is blocked, on either side', async () => {
    const [capulet, montague] = await start({ s2s: { block: ['montague.example'] } });
    const juliet = await logInTo(capulet, 'juliet');
    juliet.send(say('romeo@montague.example', 'no'));
    expect(JSON.stringify(await juliet.find('message'))).toContain('not-allowed');
    const romeo = await logInTo(montague, 'romeo');
    romeo.send(say('juliet@capulet.example', 'no'));
    expect(JSON.stringify(await romeo.find('message'))).toContain('remote-server-timeout');
  });
});

describe('what an administrator sees', () => {
  it('is each step to a server that is reached', async () => {
    const [capulet] = await start();
    const { reached, steps } = (await capulet.commands.run('s2s.test', { domain: 'montague.example' })) as {
      reached: boolean;
      steps: { step: string }[];
    };
    const text = steps.map(({ step }) => step).join('\n');
    expect(reached).toBe(true);
    expect(text).toMatch(/the configuration \(s2s\.servers\) says that montague\.example is at 127\.0\.0\.1:\d+/);
    expect(text).toContain('connected to 127.0.0.1');
    expect(text).toContain('TLSv1.3 is on; its certificate is for montague.example by montague.example');
    expect(text).toContain('the certificate proves nothing: it is self-signed; going on, trusting DNS');
    expect(text).toContain('it found the key valid');
    expect(text).toContain('stanzas can be sent');
  });

  it('is where the way ends', async () => {
    const [capulet, montague] = await start({ s2s: { dialback: false } });
    const ended = async (domain: string) => {
      const { reached, steps } = (await capulet.commands.run('s2s.test', { domain })) as {
        reached: boolean;
        steps: { step: string }[];
      };
      expect(reached).toBe(false);
      return steps.at(-1)?.step;
    };
    expect(await ended('montague.example')).toBe(
      'failed: its certificate does not prove montague.example (s2s.dialback): it is self-signed',
    );
    await capulet.leadTo('nobody.example', 1);
    expect(await ended('nobody.example')).toBe('failed: nobody takes connections at 127.0.0.1, port 1: refused');
    await capulet.leadTo('web.example', montague.port('websocket'));
    expect(await ended('web.example')).toMatch(/^failed: /);
  });

  it('are the streams, which can be closed', async () => {
    const [capulet, montague] = await start();
    const juliet = await logInTo(capulet, 'juliet');
    const romeo = await logInTo(montague, 'romeo');
    juliet.send(say('romeo@montague.example/test', 'one'));
    await romeo.find('message');
    // The stream on which the key was asked about is closed.
    await expect.poll(() => [...(capulet.federation?.list(undefined) ?? [])].length, { interval: 5 }).toBe(1);
    expect(await capulet.commands.run('s2s.list', {})).toMatchObject({
      streams: [{ domain: 'montague.example', host: 'capulet.example', proof: 'dialback', sent: 1 }],
      more: false,
    });
    expect(await capulet.commands.run('s2s.close', { domain: 'montague.example' })).toEqual({
      domain: 'montague.example',
      closed: 1,
    });
    await expect.poll(() => [...(montague.federation?.list(undefined) ?? [])], { interval: 5 }).toEqual([]);
    juliet.send(say('romeo@montague.example/test', 'two'));
    expect((await romeo.find('message')).attrs.id).toBe('two');
  });
});
