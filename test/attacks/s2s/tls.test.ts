/** RFC 6120 §5, §13.7, RFC 7590, XEP-0178, XEP-0368: TLS that is taken away, and certificates that prove nothing */
import { connect as connectTls } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { elements } from '../../scenarios/runner/xml.ts';
import { type KeyAndCertificate, longAgo, selfSignedServer } from '../../support/certificate-authority.ts';
import { base64, STARTTLS } from '../../support/raw-client.ts';
import { DIALBACK_FEATURE, dialback, EXTERNAL_FEATURE, STARTTLS_FEATURE } from '../../support/raw-s2s.ts';
import { EVIL, HONEST, OURS, Setting } from './setting.ts';

let setting: Setting;

beforeAll(async () => {
  setting = await Setting.start();
});
afterEach(() => setting.clean());
afterAll(() => setting.stop());

const names = (features: { children: readonly unknown[] }) => elements(features as never).map(({ name }) => name);

describe('a stream to ours without TLS', () => {
  it('is offered nothing else, and TLS as required', async () => {
    const stream = await setting.dial();
    const { features } = await stream.begin();
    expect(names(features)).toEqual(['starttls']);
    expect(elements(elements(features)[0] as never).map(({ name }) => name)).toEqual(['required']);
  });

  it('gets no answer to a key but that TLS comes first', async () => {
    const stream = await setting.dial();
    await stream.begin();
    stream.sendKey('mine');
    // XEP-0220 §2.5
    expect(dialback(await stream.next())).toBe(`result ${OURS} ${EVIL} error policy-violation`);
    stream.askAbout('key', 'id', { from: EVIL, to: OURS });
    expect(dialback(await stream.next())).toBe(`verify ${OURS} ${EVIL} error policy-violation`);
    expect(setting.evilServer.connections).toBe(0);
  });

  it('gets nowhere with EXTERNAL', async () => {
    const stream = await setting.dial();
    await stream.begin();
    stream.auth('EXTERNAL', base64(EVIL));
    expect(await stream.streamError()).toBe('policy-violation');
  });

  it('cannot say in plain what is then taken for said on TLS', async () => {
    const stream = await setting.dial();
    await stream.begin();
    const injected =
      `<stream:stream to='${OURS}' from='${EVIL}' version='1.0' xmlns='jabber:server' ` +
      `xmlns:db='jabber:server:dialback' xmlns:stream='http://etherx.jabber.org/streams'><db:result from='${EVIL}' to='${OURS}'>key</db:result>`;
    stream.send(STARTTLS + injected);
    const answer = await stream.next();
    if (answer.name === 'proceed') {
      await stream.upgrade(setting.selfSigned).then(
        async () => {
          await stream.begin();
        },
        () => {},
      );
    } else expect(answer.name).toBe('error');
    expect(setting.evilServer.connections).toBe(0);
  });
});

describe('a certificate', () => {
  const longPast = () => ({ domains: [EVIL], validity: longAgo() });

  const bad: [string, () => Promise<KeyAndCertificate | undefined>][] = [
    ['that is not there', async () => undefined],
    ['nobody vouches for', async () => selfSignedServer({ domains: [EVIL] })],
    ['that is expired', async () => setting.authority.issueToServer(longPast())],
    ['of another domain', async () => setting.honest],
    ['of a domain below', async () => setting.authority.issueToServer({ domains: [`a.${EVIL}`] })],
    ['for all domains beside', async () => setting.authority.issueToServer({ domains: ['*.example'] })],
    ['with the domain as common name only', async () => commonNameOnly()],
    ['for another service', async () => setting.authority.issueToServer({ domains: [], services: [`_mail.${EVIL}`] })],
  ];

  function commonNameOnly(): Promise<KeyAndCertificate> {
    return setting.authority.issue({ commonName: EVIL, extensions: [] });
  }

  it.each(bad)('%s does not prove evil.example', async (what, make) => {
    const certificate = await make();
    const stream = await setting.dial();
    const { features } = await stream.secure(certificate);
    // RFC 6125 §6.4.3: the left-most label may be a wildcard.
    if (what === 'for all domains beside') {
      expect(names(features)).toContain('mechanisms');
      return;
    }
    expect(names(features)).not.toContain('mechanisms');
    stream.auth('EXTERNAL', base64(EVIL));
    const answer = await stream.next();
    expect(answer.name).toBe('failure');
  });

  it.each([
    ['made for servers only', ['serverAuth']],
    ['made for clients only', ['clientAuth']],
    ['made for both', ['serverAuth', 'clientAuth']],
  ] as const)('%s proves it', async (_, usages) => {
    const stream = await setting.dial();
    await stream.secure(await setting.authority.issueToServer({ domains: [EVIL], usages }));
    await stream.authenticateExternal();
  });

  it('with the service of servers proves it', async () => {
    const stream = await setting.dial();
    await stream.secure(
      await setting.authority.issueToServer({ domains: ['host.example'], services: [`_xmpp-server.${EVIL}`] }),
    );
    await stream.authenticateExternal();
  });

  it('does not prove what the stream did not claim', async () => {
    const stream = await setting.dial();
    await stream.secure(setting.evil);
    stream.auth('EXTERNAL', base64(HONEST));
    expect(await stream.outcome()).toEqual({ failure: 'invalid-authzid' });
  });

  it('of two domains proves the one that the stream claimed, and not both', async () => {
    const juliet = await setting.juliet();
    const stream = await setting.dial();
    await stream.secure(await setting.authority.issueToServer({ domains: [EVIL, 'worse.example'] }));
    await stream.authenticateExternal();
    stream.send(`<message from='a@worse.example' to='juliet@${OURS}'><body/></message>`);
    expect(await stream.streamError()).toBe('invalid-from');
    expect(await juliet.unread()).toEqual([]);
  });

  it('proves it also when the identity is left out', async () => {
    const stream = await setting.dial();
    await stream.secure(setting.evil);
    await stream.authenticateExternal('');
  });

  it('cannot be claimed for another domain after TLS than before it', async () => {
    const stream = await setting.dial({ from: HONEST, to: OURS });
    stream.open();
    await stream.find('features');
    stream.send(STARTTLS);
    await stream.find('proceed');
    await stream.upgrade(setting.evil);
    stream.open(OURS, HONEST);
    expect(names(await stream.find('features'))).not.toContain('mechanisms');
  });
});

describe('TLS of the past', () => {
  it.each(['TLSv1', 'TLSv1.1'] as const)('%s is refused', async (version) => {
    const stream = await setting.dial();
    stream.open();
    await stream.find('features');
    stream.send(STARTTLS);
    await stream.find('proceed');
    const socket = connectTls({
      ...{ socket: stream.socket, rejectUnauthorized: false, minVersion: version, maxVersion: version },
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    const outcome = await new Promise((resolve) => {
      socket.once('error', () => resolve('refused'));
      socket.once('close', () => resolve('refused'));
      socket.once('secureConnect', () => resolve('secure'));
    });
    expect(outcome).toBe('refused');
  });
});

describe('a stream of ours', () => {
  it('to a server that offers no TLS carries nothing, and the sender is told', async () => {
    const server = await setting.newServer();
    const juliet = await setting.juliet();
    juliet.say(`iago@${server.domain}`, 'secret');
    const stream = await server.accept();
    await stream.find('stream');
    stream.answer('plain', DIALBACK_FEATURE);
    expect(['error', 'end']).toContain((await stream.next()).name);
    expect(await juliet.isRefused(`iago@${server.domain}`)).toBe('remote-server-timeout');
  });

  it('to a server that refuses TLS carries nothing', async () => {
    const server = await setting.newServer();
    const juliet = await setting.juliet();
    juliet.say(`iago@${server.domain}`, 'secret');
    const stream = await server.accept();
    await stream.find('stream');
    stream.answer('plain', STARTTLS_FEATURE + DIALBACK_FEATURE);
    await stream.find('starttls');
    stream.send(`<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>`);
    expect(await juliet.isRefused(`iago@${server.domain}`)).toBe('remote-server-timeout');
  });

  it('takes nothing that was said in plain for said on TLS', async () => {
    const server = await setting.newServer();
    const juliet = await setting.juliet();
    juliet.say(`iago@${server.domain}`, 'secret');
    const stream = await server.accept();
    await stream.find('stream');
    stream.answer('plain', STARTTLS_FEATURE);
    await stream.find('starttls');
    const valid = `<db:result from='${server.domain}' to='${OURS}' type='valid'/>`;
    stream.send(`<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>${valid}`);
    expect(await juliet.isRefused(`iago@${server.domain}`)).toBe('remote-server-timeout');
  });
});

describe('with certificates only', () => {
  let strict: Setting;

  beforeAll(async () => {
    strict = await Setting.start({ s2s: { dialback: false } });
  });
  afterEach(() => strict.clean());
  afterAll(() => strict.stop());

  it('dialback is not offered, and a key is refused', async () => {
    const stream = await strict.dial();
    const { features } = await stream.secure(strict.selfSigned);
    expect(names(features)).not.toContain('dialback');
    stream.sendKey('mine');
    const answer = await stream.next();
    expect(['error', 'result']).toContain(answer.name);
    if (answer.name === 'result') expect(answer.attrs.type).toBe('error');
    expect(strict.evilServer.connections).toBe(0);
  });

  it.each([
    ['nobody vouches for', (domain: string) => selfSignedServer({ domains: [domain] })],
    ['that is expired', (domain: string) => strict.authority.issueToServer({ domains: [domain], validity: longAgo() })],
    ['of another domain', () => Promise.resolve(strict.honest)],
  ])('a message to a server with a certificate %s comes back, and the server never sees it', async (_, make) => {
    const server = await strict.newServer(make);
    const juliet = await strict.juliet();
    juliet.say(`romeo@${server.domain}`, 'secret');
    const stream = await server.accept();
    await stream.find('stream');
    stream.answer('plain', STARTTLS_FEATURE);
    await stream.find('starttls');
    const seen: string[] = [];
    await stream
      .proceed(await make(server.domain))
      .then(
        async () => {
          stream.answer('secure', EXTERNAL_FEATURE);
          for (;;) seen.push((await stream.next()).name);
        },
        () => {},
      )
      .catch(() => {});
    expect(await juliet.isRefused(`romeo@${server.domain}`)).toBe('remote-server-timeout');
    expect(seen).not.toContain('message');
    expect(seen).not.toContain('auth');
  });
});
