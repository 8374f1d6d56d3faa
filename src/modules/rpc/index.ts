/** docs/protocol/rpc.md: calls of clients to services of the game, and what these tell users */
import { defineModule, type Host, RPC, StanzaError } from '#core';
import { Calls } from './calls.ts';
import { commandsOf } from './commands.ts';
import { configSchema, type RpcConfig } from './config.ts';
import { NS_RPC } from './namespaces.ts';
import { notificationStanza, tell } from './notify.ts';
import { Services } from './services.ts';
import { answerElement, readCall } from './stanzas.ts';

export default defineModule({
  name: 'rpc',
  config: configSchema,
  setup(host: Host<RpcConfig>) {
    const { config, clock, log, rpcBackends, domain } = host;
    const services = new Services(config, rpcBackends, clock, domain.domain);
    const calls = new Calls(services, config, clock, log);

    host.offer(RPC, {
      call: (session, call) => calls.call(session, call),
      notify: (to, notification) => tell(host, to, notificationStanza(host, notification)),
    });
    host.feature(NS_RPC); // §6
    host.slowIq('set', 'call', NS_RPC, 'host', async ({ from, payload, id }) => {
      const session = from && host.session(from);
      if (session === undefined || payload === undefined)
        throw new StanzaError('forbidden', 'only users of this server can call');
      const call = readCall(payload, id);
      const answer = await calls.call(session, call);
      return call.oneWay ? undefined : answerElement(answer);
    }); // §4.1
    for (const command of commandsOf(host, services)) host.command(command);
  },
});
