/** The backends that the configuration names */
import {
  type Awaitable,
  type Clock,
  type Config,
  type KnownParts,
  type Logger,
  type Router,
  type RpcBackend,
  type RpcBackendHost,
  StanzaError,
} from '#core';

interface Parts {
  readonly router: Router;
  readonly clock: Clock;
  readonly log: Logger;
  /** Of the configuration file. */
  readonly dir: string;
}

/** By the names the configuration gives them. @param undo gets what closes them */
export async function createRpcBackends(
  { rpc }: Config,
  known: KnownParts,
  { router, clock, log, dir }: Parts,
  undo: (() => Awaitable<void>)[],
): Promise<ReadonlyMap<string, RpcBackend>> {
  const notify: RpcBackendHost['notify'] = (to, notification) => {
    const service = router.usersHost(to.domain)?.rpc;
    if (service === undefined) throw new StanzaError('item-not-found', `${to.domain} has no notifications`);
    return service.notify(to, notification);
  };
  const backends = new Map<string, RpcBackend>();
  for (const [name, { kind, ...options }] of Object.entries(rpc.backends)) {
    const definition = await known.rpcBackends.get(kind)?.();
    if (definition === undefined) continue;
    const backend = await definition.create(options, { clock, log: log.child({ backend: name }), dir, notify });
    undo.push(() => backend.close?.());
    backends.set(name, backend);
  }
  return backends;
}
