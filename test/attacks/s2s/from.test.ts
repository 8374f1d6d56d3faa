/** RFC 6120 §8.1.1.2, §8.1.2.2, §4.9.3: a server says only what its own domain says, and only to the domains it came for */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EVIL, HONEST, OURS, SECOND, Setting } from './setting.ts';

let setting: Setting;

beforeAll(async () => {
  setting = await Setting.start();
});
afterEach(() => setting.clean());
afterAll(() => setting.stop());

const to = `to='juliet@${OURS}'`;

describe('a server that has proved to be evil.example', () => {
  it('reaches a user with what comes from there', async () => {
    const juliet = await setting.juliet();
    const stream = await setting.dialAuthenticated();
    stream.send(`<message from='iago@${EVIL}/x' ${to} type='chat'><body>Put money in thy purse.</body></message>`);
    await juliet.hears(`iago@${EVIL}/x`, 'Put money in thy purse.');
  });

  it.each([
    ['from another domain', 'invalid-from', `<message from='romeo@${HONEST}' ${to}><body/></message>`],
    ['from our own domain', 'invalid-from', `<message from='nurse@${OURS}' ${to}><body/></message>`],
    ['from a domain below its own', 'invalid-from', `<message from='x@a.${EVIL}' ${to}><body/></message>`],
    ['from a domain above its own', 'invalid-from', `<message from='x@example' ${to}><body/></message>`],
    ['from a domain that ends like its own', 'invalid-from', `<message from='x@not${EVIL}' ${to}><body/></message>`],
    [
      'with its domain as the name of a user',
      'invalid-from',
      `<iq from='${EVIL}@${HONEST}' ${to} type='result' id='1'/>`,
    ],
    ['with its domain as a resource', 'invalid-from', `<message from='${HONEST}/${EVIL}' ${to}><body/></message>`],
    ['presence from another domain', 'invalid-from', `<presence from='romeo@${HONEST}' ${to} type='subscribed'/>`],
    ['a result from another domain', 'invalid-from', `<iq from='${HONEST}' ${to} type='result' id='1'/>`],
    ['from nowhere', 'improper-addressing', `<message ${to}><body/></message>`],
    ['from an empty address', 'improper-addressing', `<message from='' ${to}><body/></message>`],
    ['from what is no address', 'improper-addressing', `<message from='@${EVIL}' ${to}><body/></message>`],
    ['to nobody', 'improper-addressing', `<message from='iago@${EVIL}'><body/></message>`],
    ['to an empty address', 'improper-addressing', `<message from='iago@${EVIL}' to=''><body/></message>`],
    ['to what is no address', 'improper-addressing', `<message from='iago@${EVIL}' to='@${OURS}'><body/></message>`],
    [
      'to a third server, as if ours were a relay',
      'host-unknown',
      `<message from='iago@${EVIL}' to='romeo@${HONEST}'/>`,
    ],
    ['to its own domain, as if ours were a mirror', 'host-unknown', `<message from='iago@${EVIL}' to='a@${EVIL}'/>`],
    ['what is no stanza', 'unsupported-stanza-type', `<command from='iago@${EVIL}' ${to}/>`],
  ])('is cut off when it sends a stanza %s', async (_, condition, stanza) => {
    const juliet = await setting.juliet();
    const stream = await setting.dialAuthenticated();
    stream.send(stanza);
    expect(await stream.streamError()).toBe(condition);
    expect(await juliet.unread()).toEqual([]);
    expect(setting.honestServer.connections).toBe(0);
  });

  it('reaches no domain of ours that it did not come for', async () => {
    const stream = await setting.dialAuthenticated(SECOND);
    const juliet = await setting.juliet();
    stream.send(`<message from='iago@${EVIL}' ${to}><body/></message>`);
    expect(await stream.streamError()).toBe('host-unknown');
    expect(await juliet.unread()).toEqual([]);
  });

  it('gets an answer only if it asks for one', async () => {
    const stream = await setting.dialAuthenticated();
    const juliet = await setting.juliet();
    for (const type of ['error', 'result']) {
      stream.send(`<iq from='iago@${EVIL}' to='nobody@${OURS}' type='${type}' id='a'/>`);
      stream.send(`<iq from='iago@${EVIL}' to='${OURS}' type='${type}' id='b'/>`);
    }
    stream.send(`<message from='iago@${EVIL}' to='nobody@${OURS}' type='error' id='c'/>`);
    stream.send(`<message from='iago@${EVIL}/x' ${to} type='chat'><body>last</body></message>`);
    await juliet.hears(`iago@${EVIL}/x`, 'last');
    expect(setting.evilServer.connections).toBe(0);
  });
});

describe('a server that has proved nothing', () => {
  const stanza = `<message from='iago@${EVIL}' ${to}><body/></message>`;

  it('is cut off at its first stanza, before TLS and after', async () => {
    const juliet = await setting.juliet();
    const plain = await setting.dial();
    await plain.begin();
    plain.send(stanza);
    expect(await plain.streamError()).toBe('not-authorized');
    const secure = await setting.dial();
    await secure.secure(setting.selfSigned);
    secure.send(stanza);
    expect(await secure.streamError()).toBe('not-authorized');
    expect(await juliet.unread()).toEqual([]);
  });

  it('is cut off when it does not wait for the answer to its key', async () => {
    const juliet = await setting.juliet();
    const stream = await setting.dial();
    await stream.secure(setting.selfSigned);
    stream.sendKey('key');
    stream.send(stanza);
    expect(await stream.streamError()).toBe('not-authorized');
    expect(await juliet.unread()).toEqual([]);
  });

  it.each([
    ['no domain of ours', 'host-unknown', HONEST, EVIL],
    ['no domain at all', 'improper-addressing', '', EVIL],
    ['what is no domain', 'improper-addressing', 'a b', EVIL],
  ])('is cut off when it comes for %s', async (_, condition, target, source) => {
    const stream = await setting.dial({ from: source, to: target });
    stream.open();
    expect(await stream.streamError()).toBe(condition);
  });

  it.each([
    ['one of ours', OURS],
    ['another of ours', SECOND],
  ])('is not taken for %s', async (_, source) => {
    const stream = await setting.dial({ from: source, to: OURS });
    stream.open();
    expect(['invalid-from', 'not-authorized', 'policy-violation']).toContain(await stream.streamError());
  });
});
