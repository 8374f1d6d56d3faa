import type { CommandRegistry } from '../command/index.ts';
import type { VirtualHost } from '../host/index.ts';
import type { RpcBackend } from '../rpc/index.ts';
import type { AnyModule } from './module.ts';
import { ModuleHost } from './module-host.ts';
import { serviceDomain } from './service-domain.ts';

export interface ModuleUse {
  readonly module: AnyModule;
  /** Validated by the module's schema. */
  readonly config: unknown;
}

/** What modules are set up with besides their host. */
export interface SetUp {
  /** Of the server. */
  readonly commands: CommandRegistry;
  /** Of the server, by the names the configuration gives them. */
  readonly rpcBackends: ReadonlyMap<string, RpcBackend>;
  /** Makes the host of a service, and one of the services of `home`. */
  addService(domain: string, home: VirtualHost): VirtualHost;
}

/**
 * Sets modules up on a virtual host, each after those it requires; then services, each on a host of its own with those
 * modules that go anywhere.
 *
 * @throws Error when a required module is not among them, or modules require each other in a circle.
 * @returns what takes them all down again, in reverse order.
 */
export async function setUpModules(host: VirtualHost, uses: readonly ModuleUse[], setUp: SetUp): Promise<() => void> {
  const services = uses.filter(({ module }) => module.hosts === 'service');
  const everywhere = uses.filter(({ module }) => module.hosts === 'any');
  const done = await setUpOn(
    host,
    uses.filter((use) => !services.includes(use)),
    setUp,
  );
  for (const service of services) {
    const domain = serviceDomain(service.module, service.config, host.domain.domain);
    done.push(...(await setUpOn(setUp.addService(domain, host), [service, ...everywhere], setUp)));
  }
  return () => {
    for (const moduleHost of done.reverse()) moduleHost.takeDown();
  };
}

async function setUpOn(host: VirtualHost, uses: readonly ModuleUse[], setUp: SetUp): Promise<ModuleHost[]> {
  const apis = new Map<string, unknown>();
  const hosts: ModuleHost[] = [];
  for (const { module, config } of inOrder(uses, host)) {
    const moduleHost = new ModuleHost(module, host, config, apis, setUp);
    hosts.push(moduleHost);
    apis.set(module.name, await module.setup(moduleHost));
  }
  return hosts;
}

/** Dependencies first; otherwise the order of the configuration. */
function inOrder(uses: readonly ModuleUse[], { domain, isService }: VirtualHost): ModuleUse[] {
  const byName = new Map(uses.map((use) => [use.module.name, use]));
  const sorted = new Set<ModuleUse>();
  const visit = (use: ModuleUse, path: readonly string[]): void => {
    const { name, requires = [] } = use.module;
    if (path.includes(name)) throw new Error(`modules require each other: ${[...path, name].join(' -> ')}`);
    for (const { name: required, hosts = 'users' } of requires) {
      const other = byName.get(required);
      if (isService && hosts === 'users') continue;
      if (other === undefined) throw new Error(`${domain}: module ${name} needs module ${required}: enable it as well`);
      visit(other, [...path, name]);
    }
    sorted.add(use);
  };
  for (const use of uses) visit(use, []);
  return [...sorted];
}
