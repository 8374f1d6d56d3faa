import { client, xml } from '@xmpp/client';
import { createTestServer } from 'tharsis/testing';
import { expect, it, onTestFinished } from 'vitest';

it('logs in', async () => {
  const server = await createTestServer({ config: { listeners: [{ transport: 'tcp', port: 0, tls: 'off' }] } });
  onTestFinished(() => server.stop());
  await server.addUser('alice', 'wonderland');

  const alice = client({
    service: `xmpp://127.0.0.1:${server.port('tcp')}`,
    domain: server.domain,
    username: 'alice',
    password: 'wonderland',
  });
  const jid = await alice.start();
  expect(jid.bare().toString()).toBe('alice@localhost');
  await alice.iqCaller.get(xml('ping', 'urn:xmpp:ping'), server.domain);
  await alice.stop();
});
