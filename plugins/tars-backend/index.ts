/** Services of Tars (TarsCloud/TarsProtocol) for clients to call: backends of kind tars */
import { definePlugin, defineRpcBackend, z } from 'tharsis/plugin';
import { TarsInstance } from './tars-instance.ts';

const ADDRESS = /^(?:\[([\da-fA-F:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/;

const config = z.strictObject({
  servers: z
    .array(z.string().regex(ADDRESS, 'is no host:port'))
    .min(1)
    .describe('Where the servers are, such as `10.0.0.1:10015`'),
  servants: z
    .record(z.string(), z.string().min(1).max(255))
    .default({})
    .describe(
      'The servants of services by their names, such as `Shop: Game.ShopServer.ShopObj`. Default: the name itself',
    ),
});

const tars = defineRpcBackend({
  name: 'tars',
  config,
  create({ servers, servants }) {
    const byService = new Map(Object.entries(servants));
    const instances = servers.map((address) => {
      const [, v6, host = v6 ?? '', port] = ADDRESS.exec(address) ?? [];
      return new TarsInstance(host, Number(port), byService);
    });
    return {
      instances,
      close() {
        for (const instance of instances) instance.close();
      },
    };
  },
});

export default definePlugin({ name: 'tharsis-plugin-tars-backend', rpcBackends: [tars] });
