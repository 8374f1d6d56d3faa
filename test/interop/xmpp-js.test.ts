/** `@xmpp/client` over each transport */
import { fileURLToPath } from 'node:url';
import { ChildClient } from './child-client.ts';
import type { Account, Survivor } from './client.ts';
import { describeClient, describeResending, describeResumption, type Ways } from './describe-client.ts';

const SCRIPT = fileURLToPath(new URL('xmpp_js_client.mjs', import.meta.url));

const ways: Ways<Survivor> = {
  'over TCP with STARTTLS': (server, account) =>
    connect(account, `xmpp://localhost:${server.startTls}`, server.certificate),
  'over TCP with direct TLS': (server, account) =>
    connect(account, `xmpps://localhost:${server.directTls}`, server.certificate),
  'over WebSocket': (server, account) => connect(account, server.ws, server.certificate),
  'over WebSocket with TLS': (server, account) => connect(account, server.wss, server.certificate),
};

describeClient('@xmpp/client', ways);
describeResumption('@xmpp/client', ways);
describeResending('@xmpp/client', ways);

function connect(account: Account, service: string, certificate: string) {
  return new ChildClient([process.execPath, SCRIPT], account, { service }, { NODE_EXTRA_CA_CERTS: certificate });
}
