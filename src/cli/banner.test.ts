import { expect, it } from 'vitest';
import { banner } from './banner.ts';

const tcp = { transport: 'tcp', address: '::', port: 5222, tls: 'required' };
const plain = { transport: 'websocket', address: '127.0.0.1', port: 5280, tls: 'off' };
const secure = { transport: 'websocket', address: '::', port: 5281, tls: 'direct' };
const facts = { version: '1.2.3', domains: ['example.org'], dataDir: './data' };

it('says where the server listens, how to make an account and where to chat', () => {
  expect(banner({ ...facts, listeners: [tcp, secure, plain] })).toBe(
    `Tharsis 1.2.3 serves example.org with its data in ./data

  tcp        [::]:5222        STARTTLS required
  websocket  [::]:5281        TLS
  websocket  127.0.0.1:5280   no TLS

Make an account:    npx tharsis user add alice@example.org
Chat in a browser:  http://localhost:5280/chat
Look at the server: npx tharsis status
Stop it:            Ctrl-C
`,
  );
});

it('tells the key that game clients have to know', () => {
  const mars = { transport: 'tcp-mars', address: '127.0.0.1', port: 9080, publicKey: 'AbCd=' };
  expect(banner({ ...facts, listeners: [mars] })).toContain('127.0.0.1:9080   TLS, or Noise with the key AbCd=\n');
});

it('names the data directory in the commands when it is not the default', () => {
  expect(banner({ ...facts, dataDir: '/srv/x', listeners: [tcp] })).toContain('alice@example.org --data /srv/x\n');
});

it('names the page over TLS where there is no plain one, and none without HTTP', () => {
  expect(banner({ ...facts, listeners: [secure] })).toContain('https://example.org:5281/chat\n');
  expect(banner({ ...facts, listeners: [tcp] })).not.toContain('/chat');
});
