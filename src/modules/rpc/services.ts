/** The services of the configuration, by name */
import { type Clock, ConfigError, type RpcBackend } from '#core';
import { ANY, type RpcConfig } from './config.ts';
import { Places } from './places.ts';

export interface Service {
  readonly places: Places;
  readonly timeoutMs: number;
  isIdempotent(method: string): boolean;
}

export class Services {
  /** By the name of the backend: what serves several has one state of its instances. */
  readonly places = new Map<string, Places>();
  readonly #byName = new Map<string, Service>();

  /** @throws ConfigError a service of a backend that is not there */
  constructor(config: RpcConfig, backends: ReadonlyMap<string, RpcBackend>, clock: Clock, domain: string) {
    const rules = { failures: config.failures, restMs: config.rest_seconds * 1_000 };
    for (const [name, { backend, idempotent, timeout_ms }] of Object.entries(config.services)) {
      const found = backends.get(backend);
      if (found === undefined) {
        const path = `hosts.${domain}.modules.rpc.services.${name}.backend`;
        throw new ConfigError([{ path, message: `there is no ${backend} in rpc.backends` }]);
      }
      const places = this.places.get(backend) ?? new Places(found, clock, rules);
      this.places.set(backend, places);
      const methods = new Set(idempotent);
      this.#byName.set(name, {
        places,
        timeoutMs: timeout_ms ?? config.timeout_ms,
        isIdempotent: (method) => methods.has(ANY) || methods.has(method),
      });
    }
  }

  named(name: string): Service | undefined {
    return this.#byName.get(name) ?? this.#byName.get(ANY);
  }
}
