/** XEP-0198 with another server: what is certain about stanzas when a stream begins and ends */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FederatedServer, logInTo, startFederatedServer } from '../../test/support/federated.ts';
import type { RawTcpClient } from '../../test/support/raw-client.ts';
import { DIALBACK_FEATURE, RawS2s, RawS2sServer } from '../../test/support/raw-s2s.ts';

const POLL = { interval: 5, timeout: 5_000 };
const SM = `<sm xmlns='urn:xmpp:sm:3'/>`;

let server: FederatedServer;
/** Where montague.example is found. */
let montague: RawS2sServer;
let juliet: RawTcpClient;
const streams: RawS2s[] = [];

beforeEach(async () => {
  server = await startFederatedServer('capulet.example', {
    s2s: { secure: 'optional', retry_seconds: 1, streams_per_domain: 2 },
  });
  montague = await RawS2sServer.listen('montague.example');
  await server.leadTo('montague.example', montague.port);
  juliet = await logInTo(server, 'juliet');
});
afterEach(async () => {
  for (const stream of streams.splice(0)) stream.destroy();
  montague.close();
  await server.stop();
});

const say = (id: string) =>
  juliet.send(
    `<message xmlns='jabber:client' to='romeo@montague.example' type='chat' id='${id}'><body>o</body></message>`,
  );

/** The next stream of ours, of which the key is found valid. */
async function accept(features = SM): Promise<RawS2s> {
  const stream = await montague.accept();
  await stream.find('stream');
  stream.answer('x', `${DIALBACK_FEATURE}${features}`);
  await stream.find('result');
  stream.send(`<db:result from='montague.example' to='capulet.example' type='valid'/>`);
  return stream;
}

/** A stream both ways whose header says that montague.example began it. @param from the server that proves its domain on it */
async function dial(from = montague): Promise<RawS2s> {
  const stream = await RawS2s.dial(server.port('s2s'), { from: 'montague.example', to: 'capulet.example' });
  streams.push(stream);
  await stream.begin();
  stream.send(`<bidi xmlns='urn:xmpp:bidi'/>`);
  stream.sendKey('a key', { from: from.domain, to: 'capulet.example' });
  const asked = await from.accept();
  await asked.find('stream');
  asked.answer('y', DIALBACK_FEATURE);
  const { attrs } = await asked.find('verify');
  asked.send(`<db:verify from='${from.domain}' to='capulet.example' id='${attrs.id}' type='valid'/>`);
  expect((await stream.find('result')).attrs.type).toBe('valid');
  asked.destroy();
  return stream;
}

describe('a stream that we begin', () => {
  it('carries no stanza before it can be resumed, so that what is lost with its connection then is sent once', async () => {
    say('one');
    const first = await accept();
    const { name, attrs } = await first.next();
    expect([name, attrs.resume]).toEqual(['enable', 'true']);
    first.destroy();
    const second = await accept();
    await second.find('enable');
    second.send(`<enabled xmlns='urn:xmpp:sm:3' id='a' resume='true'/>`);
    expect((await second.next()).attrs.id).toBe('one');
  });

  it('carries them as well when the other server then manages no streams', async () => {
    say('one');
    const stream = await accept();
    await stream.find('enable');
    stream.send(
      `<failed xmlns='urn:xmpp:sm:3'><internal-server-error xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>`,
    );
    expect((await stream.next()).attrs.id).toBe('one');
  });

  it('is resumed before another is begun, and only what has not arrived is sent again', async () => {
    say('one');
    const first = await accept();
    await first.find('enable');
    first.send(`<enabled xmlns='urn:xmpp:sm:3' id='a' resume='true'/>`);
    await first.find('message');
    say('two');
    await first.find('message');
    first.destroy();
    const second = await accept();
    const { name, attrs } = await second.next();
    expect([name, attrs.previd, attrs.h]).toEqual(['resume', 'a', '0']);
    second.send(`<resumed xmlns='urn:xmpp:sm:3' previd='a' h='1'/>`);
    expect((await second.next()).attrs.id).toBe('two');
  });

  it('is ended by us too when the other server ends it with an error and leaves it at that', async () => {
    say('one');
    const first = await accept('');
    await first.find('message');
    first.send(`<stream:error><internal-server-error xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>`);
    expect((await first.next()).name).toBe('end');
    first.destroy();
    say('two');
    expect((await (await accept('')).find('message')).attrs.id).toBe('two');
  });

  it('tells with its end how much it has taken, and takes no more', async () => {
    say('one');
    const stream = await accept(`${SM}<bidi xmlns='urn:xmpp:features:bidi'/>`);
    await stream.find('enable');
    stream.send(`<enabled xmlns='urn:xmpp:sm:3' id='a' resume='true'/>`);
    await stream.find('message');
    const answer = (id: string) =>
      stream.send(
        `<message from='romeo@montague.example' to='juliet@capulet.example/test' id='${id}' type='chat'><body>i</body></message>`,
      );
    answer('first');
    expect((await juliet.find('message')).attrs.id).toBe('first');
    await server.commands.run('s2s.close', { domain: 'montague.example' });
    expect((await stream.find('a')).attrs.h).toBe('1');
    expect((await stream.next()).name).toBe('end');
    answer('second');
    stream.send('</stream:stream>');
    await stream.closed;
    juliet.send(
      `<iq xmlns='jabber:client' type='get' id='after' to='capulet.example'><ping xmlns='urn:xmpp:ping'/></iq>`,
    );
    expect((await juliet.next()).attrs.id).toBe('after');
  });
});

describe('a stream that the other server begins', () => {
  const connected = () => [...(server.federation?.list() ?? [])].filter(({ address }) => address !== undefined).length;

  /** Gives what it can be resumed by. */
  async function beginAndBreak(from = montague): Promise<string> {
    const stream = await dial(from);
    stream.send(`<enable xmlns='urn:xmpp:sm:3' resume='true'/>`);
    const { attrs } = await stream.find('enabled');
    stream.destroy();
    await expect.poll(connected, POLL).toBe(0);
    return attrs.id ?? '';
  }

  /** Gives the name of the answer. */
  async function resume(id: string): Promise<string> {
    const stream = await dial();
    stream.send(`<resume xmlns='urn:xmpp:sm:3' previd='${id}' h='0'/>`);
    return (await stream.next()).name;
  }

  it('carries our stanzas from when it is managed', async () => {
    const stream = await dial();
    stream.send(`<enable xmlns='urn:xmpp:sm:3' resume='true'/>`);
    expect((await stream.find('enabled')).attrs.resume).toBe('true');
    say('one');
    expect((await stream.next()).attrs.id).toBe('one');
  });

  it('is given up when too many others of its domain wait to be resumed', async () => {
    const ids = [await beginAndBreak(), await beginAndBreak(), await beginAndBreak()];
    const answers: string[] = [];
    for (const id of ids) answers.push(await resume(id));
    expect(answers).toEqual(['failed', 'resumed', 'resumed']);
  });

  it('is not given up for those of a domain that only says that it is the same', async () => {
    const verona = await RawS2sServer.listen('verona.example');
    await server.leadTo('verona.example', verona.port);
    const id = await beginAndBreak();
    for (let n = 0; n < 3; n++) await beginAndBreak(verona);
    expect(await resume(id)).toBe('resumed');
    verona.close();
  });

  it('carries them without management from when the other server has sent a stanza', async () => {
    const stream = await dial();
    stream.send(
      `<message from='romeo@montague.example' to='juliet@capulet.example/test' id='a' type='chat'><body>i</body></message>`,
    );
    await juliet.find('message');
    say('one');
    expect((await stream.next()).attrs.id).toBe('one');
  });
});
