/** /metrics of a whole server */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { logInTo, startFederatedServer } from '../../test/support/federated.ts';
import type { TestServer } from '../testing.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startFederatedServer('capulet.example');
});
afterEach(() => server.stop());

async function tokenFor(scope: string): Promise<string> {
  const { token } = (await server.commands.run('token.create', { label: 'monitor', scope: [scope] })) as {
    token: string;
  };
  return token;
}

function ask(token?: string): Promise<Response> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return fetch(`http://127.0.0.1:${server.port('websocket')}/metrics`, { headers });
}

it('shows what the server measures in the text format of Prometheus', async () => {
  await logInTo(server, 'juliet');
  const token = await tokenFor('server:read');
  await ask(token);
  const response = await ask(token);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const text = await response.text();
  expect(text).toMatch(/^tharsis_sessions\{host="capulet\.example"\} 1$/m);
  expect(text).toMatch(/^tharsis_logins_total\{outcome="succeeded"\} 1$/m);
  expect(text).toMatch(/^tharsis_event_loop_delay_seconds\{quantile="0\.99"\} \d/m);
  expect(text).toMatch(/^tharsis_s2s_sent_total\{domain="\(other\)"\} 0$/m);
  for (const line of text.trimEnd().split('\n')) {
    expect(line).toMatch(/^(?:# (?:HELP|TYPE) \w+ .+|\w+(?:\{\w+="[^"]*"(?:,\w+="[^"]*")*\})? [\d.e+-]+)$/);
  }
});

it('is for who has a token that may read of the server', async () => {
  const anonymous = await ask();
  expect([anonymous.status, anonymous.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
  expect((await ask('0123456789ab.wrong')).status).toBe(401);
  expect((await ask(await tokenFor('user:read'))).status).toBe(403);
});
