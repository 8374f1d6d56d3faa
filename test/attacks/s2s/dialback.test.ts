/** XEP-0220, XEP-0185: keys of others, keys that come back, and answers nobody asked for */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { textOf, type XmlNode } from '../../scenarios/runner/xml.ts';
import { DIALBACK_FEATURE, dialback, type RawS2s, type RawS2sServer } from '../../support/raw-s2s.ts';
import { EVIL, HONEST, OURS, SECOND, Setting } from './setting.ts';

let setting: Setting;
/** Domains of this test alone: that of the attacker, and that of somebody else. */
let evil: RawS2sServer;
let honest: RawS2sServer;

beforeAll(async () => {
  setting = await Setting.start();
});
beforeEach(async () => {
  evil = await setting.newServer();
  honest = await setting.newServer();
});
afterEach(() => setting.clean());
afterAll(() => setting.stop());

/** A stream to ours, on TLS, with nothing proved: who shows no certificate that is believed is to dial back. */
async function intrude(from = evil.domain): Promise<{ stream: RawS2s; id: string }> {
  const stream = await setting.dial({ from, to: OURS });
  const { id } = await stream.secure(setting.selfSigned);
  return { stream, id };
}

/** Ours asks a server about a key: the stream it does that on, and what it asks. */
async function question(server: RawS2sServer): Promise<{ asked: RawS2s; verify: XmlNode }> {
  const asked = await server.acceptSecure('authoritative', DIALBACK_FEATURE);
  return { asked, verify: await asked.find('verify') };
}

/** Ours wants to send something to the attacker's domain: the stream that it opens, up to its key. */
async function keyOfOurs(id = 'chosen-by-evil') {
  const juliet = await setting.juliet();
  juliet.say(`iago@${evil.domain}`, 'waiting');
  const stream = await evil.acceptSecure(id, DIALBACK_FEATURE);
  return { juliet, stream, key: textOf(await stream.find('result')) };
}

const say = (from: string) => `<message from='${from}' to='juliet@${OURS}' type='chat'><body>${from}</body></message>`;
const answer = (name: 'result' | 'verify', from: string, to: string, type: string, id?: string) =>
  `<db:${name} from='${from}' to='${to}'${id === undefined ? '' : ` id='${id}'`} type='${type}'/>`;

/** Juliet hears what this domain says on this stream. */
async function isLetIn(stream: RawS2s, domain: string): Promise<void> {
  const juliet = await setting.juliet();
  const from = `iago@${domain}/x`;
  stream.send(say(from));
  await juliet.hears(from, from);
}

/** What this domain says on this stream ends it. */
async function isNotLetIn(stream: RawS2s, domain: string): Promise<void> {
  const juliet = await setting.juliet();
  stream.send(say(`iago@${domain}/x`));
  expect(['not-authorized', 'invalid-from']).toContain(await stream.streamError());
  expect(await juliet.unread()).toEqual([]);
}

describe('a key', () => {
  it('of its own lets a server in', async () => {
    const { stream, id } = await intrude();
    stream.sendKey('mine');
    const { asked, verify } = await question(evil);
    expect(verify.attrs).toEqual({ from: OURS, to: evil.domain, id });
    expect(textOf(verify)).toBe('mine');
    asked.send(answer('verify', evil.domain, OURS, 'valid', id));
    expect(dialback(await stream.next())).toBe(`result ${OURS} ${evil.domain} valid`);
    await isLetIn(stream, evil.domain);
    await isNotLetIn(stream, honest.domain);
  });

  it('of another does not: its domain is asked, and says so', async () => {
    const { stream, id } = await intrude(honest.domain);
    stream.sendKey('forged');
    const { asked } = await question(honest);
    asked.send(answer('verify', honest.domain, OURS, 'invalid', id));
    expect(dialback(await stream.next())).toBe(`result ${OURS} ${honest.domain} invalid`);
    // §2.2.1: no other pair is valid.
    await stream.find('end');
    await stream.closed;
    expect(setting.lines.some(({ level }) => level === 'warn')).toBe(true);
  });

  it('of another is refused also to who has proved its own domain, and its own goes on', async () => {
    const stream = await setting.dialAuthenticated();
    stream.sendKey('forged', { from: honest.domain, to: OURS });
    const { asked, verify } = await question(honest);
    asked.send(answer('verify', honest.domain, OURS, 'invalid', verify.attrs.id));
    expect(dialback(await stream.next())).toMatch(`result ${OURS} ${honest.domain} `);
    await isLetIn(stream, EVIL);
    await isNotLetIn(stream, honest.domain);
  });

  it('that its domain does not know what to say of does not let a server in', async () => {
    const { stream, id } = await intrude(honest.domain);
    stream.sendKey('forged');
    const { asked } = await question(honest);
    const condition = `<item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>`;
    asked.send(
      `<db:verify from='${honest.domain}' to='${OURS}' id='${id}' type='error'><error type='cancel'>${condition}</error></db:verify>`,
    );
    // §2.5: an error in step 3
    expect(dialback(await stream.next())).toBe(`result ${OURS} ${honest.domain} error remote-server-not-found`);
    await isNotLetIn(stream, honest.domain);
  });

  it('of a domain whose server says nothing more does not let a server in', async () => {
    const { stream } = await intrude(honest.domain);
    stream.sendKey('forged');
    const { asked } = await question(honest);
    asked.destroy();
    expect(dialback(await stream.next())).toMatch(`result ${OURS} ${honest.domain} error remote-server-`);
    await isNotLetIn(stream, honest.domain);
  });

  it('of a domain that cannot be found is answered with remote-server-not-found', async () => {
    const { stream } = await intrude('nowhere.example');
    stream.sendKey('forged');
    expect(dialback(await stream.next())).toBe(`result ${OURS} nowhere.example error remote-server-not-found`);
  });

  it('for a domain that is not ours is answered with item-not-found, and nobody is asked', async () => {
    const { stream } = await intrude();
    const before = setting.dns.questions.length;
    for (const to of [honest.domain, 'nowhere.example', evil.domain]) {
      stream.sendKey('mine', { from: evil.domain, to });
      // §2.2.1: no reason to end the stream
      expect(dialback(await stream.next())).toBe(`result ${to} ${evil.domain} error item-not-found`);
    }
    expect(setting.dns.questions.length).toBe(before);
  });

  it.each([
    ['without from', (to: string) => `<db:result to='${to}'>key</db:result>`],
    ['without to', (_: string, from: string) => `<db:result from='${from}'>key</db:result>`],
    ['of a JID', (to: string, from: string) => `<db:result from='iago@${from}' to='${to}'>key</db:result>`],
    ['of what is no domain', (to: string) => `<db:result from='a b' to='${to}'>key</db:result>`],
  ])('%s ends the stream', async (_, make) => {
    const { stream } = await intrude();
    stream.send(make(OURS, evil.domain));
    expect(await stream.streamError()).toBe('improper-addressing');
  });
});

describe('a key of ours', () => {
  it('is vouched for to who got it on the stream that it is for', async () => {
    const { key } = await keyOfOurs();
    const { stream } = await intrude();
    stream.askAbout(key, 'chosen-by-evil', { from: evil.domain, to: OURS });
    expect(dialback(await stream.next())).toBe(`verify ${OURS} ${evil.domain} valid`);
  });

  it('is worth nothing with another server, on another stream, or for another domain of ours', async () => {
    const { key } = await keyOfOurs();
    const { stream } = await intrude();
    const asks: readonly (readonly [from: string, to: string, id: string, key: string])[] = [
      [HONEST, OURS, 'chosen-by-evil', key],
      [evil.domain, SECOND, 'chosen-by-evil', key],
      [evil.domain, OURS, 'another', key],
      [evil.domain, OURS, 'chosen-by-evil', key.toUpperCase()],
      [evil.domain, OURS, 'chosen-by-evil', `${key}0`],
      [evil.domain, OURS, 'chosen-by-evil', key.slice(1)],
      [evil.domain, OURS, 'chosen-by-evil', ''],
    ];
    for (const [from, to, id, said] of asks) {
      stream.askAbout(said, id, { from, to });
      expect(dialback(await stream.next())).toBe(`verify ${to} ${from} invalid`);
    }
  });

  it('of a domain that is not ours is answered with item-not-found, and the stream goes on', async () => {
    const { stream } = await intrude();
    stream.askAbout('key', 'id', { from: evil.domain, to: honest.domain });
    expect(dialback(await stream.next())).toBe(`verify ${honest.domain} ${evil.domain} error item-not-found`);
    stream.askAbout('key', 'id', { from: evil.domain, to: OURS });
    expect(dialback(await stream.next())).toBe(`verify ${OURS} ${evil.domain} invalid`);
  });

  it.each([OURS, SECOND])(
    'does not let in whom it was sent to as %s, though the stream is the right one',
    async (own) => {
      const { stream, id } = await intrude();
      // The id of that stream is also the one the attacker gives to the stream from ours.
      const { key } = await keyOfOurs(id);
      const before = setting.dns.questions.length;
      stream.sendKey(key, { from: own, to: OURS });
      const said = await stream.next();
      if (said.name === 'result') expect(dialback(said)).toMatch(/ (invalid|error [a-z-]+)$/);
      else expect(said.name).toBe('error');
      expect(setting.dns.questions.slice(before)).toEqual([]);
    },
  );

  it('is not vouched for when it comes back as the key of the other', async () => {
    const { key } = await keyOfOurs();
    const { stream } = await intrude();
    stream.sendKey(key);
    // Ours asks the attacker, who asks ours the same on a third stream, and would give back what it hears.
    const { verify } = await question(evil);
    const { stream: mirror } = await intrude();
    mirror.askAbout(textOf(verify), verify.attrs.id ?? '', { from: evil.domain, to: OURS });
    expect(dialback(await mirror.next())).toBe(`verify ${OURS} ${evil.domain} invalid`);
  });
});

describe('an answer that nobody asked for', () => {
  it.each(['result', 'verify'] as const)('lets nobody in: a %s that says valid, on a stream to ours', async (name) => {
    for (const [from, to] of [
      [honest.domain, OURS],
      [OURS, honest.domain],
    ] as const) {
      const { stream, id } = await intrude(honest.domain);
      stream.send(answer(name, from, to, 'valid', id));
      await isNotLetIn(stream, honest.domain);
    }
  });

  it('lets nobody in: a verify for a stream whose key is being asked about elsewhere', async () => {
    const { stream, id } = await intrude(honest.domain);
    stream.sendKey('forged');
    const { asked } = await question(honest);
    const valid = answer('verify', honest.domain, OURS, 'valid', id);
    // On another stream to ours, and on one of ours to the attacker.
    const { stream: other } = await intrude();
    other.send(valid);
    const { stream: third } = await intrude();
    third.sendKey('mine');
    const { asked: evilAsked } = await question(evil);
    evilAsked.send(valid);
    await Promise.race([evilAsked.find('error'), third.next()]);
    asked.send(answer('verify', honest.domain, OURS, 'invalid', id));
    expect(dialback(await stream.next())).toBe(`result ${OURS} ${honest.domain} invalid`);
  });

  it('lets nobody in: a verify for a stream, said on that stream', async () => {
    const { stream, id } = await intrude(honest.domain);
    stream.sendKey('forged');
    await question(honest);
    stream.send(answer('verify', honest.domain, OURS, 'valid', id));
    await isNotLetIn(stream, honest.domain);
  });

  it('lets nobody in: a verify with the id of another stream', async () => {
    const { stream, id } = await intrude();
    stream.sendKey('mine');
    const { asked } = await question(evil);
    const { stream: other, id: otherId } = await intrude();
    expect(otherId).not.toBe(id);
    asked.send(answer('verify', evil.domain, OURS, 'valid', otherId));
    await isNotLetIn(other, evil.domain);
  });

  it.each([
    ['another domain', () => answer('result', honest.domain, OURS, 'valid')],
    ['another domain of ours', () => answer('result', evil.domain, SECOND, 'valid')],
    ['the other way round', () => answer('result', OURS, evil.domain, 'valid')],
  ])('opens no way: a result that says valid for %s than was asked', async (_, make) => {
    const { juliet, stream } = await keyOfOurs();
    stream.send(make());
    // What waits stays where it is, until the stream is over.
    juliet.say(`romeo@${honest.domain}`, 'secret');
    const toHonest = await honest.acceptSecure('honest', DIALBACK_FEATURE);
    expect(dialback(await toHonest.find('result'))).toMatch(`result ${OURS} ${honest.domain} `);
    const rest: string[] = [];
    await (async () => {
      for (;;) rest.push((await stream.next()).name);
    })().catch(() => {});
    expect(rest).not.toContain('message');
  });
});
