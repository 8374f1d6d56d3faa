import type { Command } from '../command/index.ts';
import type { VirtualHost } from '../host/index.ts';
import type { AnyModule } from './module.ts';
import { ModuleHost } from './module-host.ts';

export interface ModuleUse {
  readonly module: AnyModule;
  /** Validated by the module's schema. */
  readonly config: unknown;
}

/**
 * Sets modules up on a virtual host, each after those it requires.
 *
 * @throws Error when a required module is not among them, or modules require each other in a circle.
 * @returns what takes them all down again, in reverse order.
 */
export async function setUpModules(
  host: VirtualHost,
  uses: readonly ModuleUse[],
  addCommand: (command: Command) => () => void,
): Promise<() => void> {
  const apis = new Map<string, unknown>();
  const hosts: ModuleHost[] = [];
  for (const { module, config } of inOrder(uses, host.domain.toString())) {
    const moduleHost = new ModuleHost(module, host, config, apis, addCommand);
    hosts.push(moduleHost);
    apis.set(module.name, await module.setup(moduleHost));
  }
  return () => {
    for (const moduleHost of hosts.reverse()) moduleHost.takeDown();
  };
}

/** Dependencies first; otherwise the order of the configuration. */
function inOrder(uses: readonly ModuleUse[], domain: string): ModuleUse[] {
  const byName = new Map(uses.map((use) => [use.module.name, use]));
  const sorted = new Set<ModuleUse>();
  const visit = (use: ModuleUse, path: readonly string[]): void => {
    const { name, requires = [] } = use.module;
    if (path.includes(name)) throw new Error(`modules require each other: ${[...path, name].join(' -> ')}`);
    for (const { name: required } of requires) {
      const other = byName.get(required);
      if (other === undefined) throw new Error(`${domain}: module ${name} needs module ${required}: enable it as well`);
      visit(other, [...path, name]);
    }
    sorted.add(use);
  };
  for (const use of uses) visit(use, []);
  return [...sorted];
}
