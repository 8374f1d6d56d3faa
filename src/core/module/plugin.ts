/** What a plugin brings */
import type { AnyAuthProvider, Mechanism } from '../auth/index.ts';
import type { AnyRpcBackend } from '../rpc/index.ts';
import type { AnyTransport } from '../transport/index.ts';
import type { AnyModule } from './module.ts';

const BRAND = Symbol('tharsis.plugin');

export interface PluginParts {
  /** For messages: the name of its package. */
  readonly name: string;
  /** Set up on the hosts whose configuration names them. */
  readonly modules?: readonly AnyModule[];
  /** Opened by the listeners whose configuration names them. */
  readonly transports?: readonly AnyTransport[];
  /** Taken when the configuration names them. */
  readonly authProviders?: readonly AnyAuthProvider[];
  /** Kinds of backends, taken when the configuration names them. */
  readonly rpcBackends?: readonly AnyRpcBackend[];
  /** Offered on every host; one with the name of a built-in one replaces it. */
  readonly mechanisms?: readonly Mechanism[];
}

/** Made by `definePlugin` of this server, which is how a plugin built against another copy of it is found out. */
export interface Plugin extends Required<PluginParts> {
  readonly [BRAND]: true;
}

/** The default export of a plugin's package. */
export function definePlugin(parts: PluginParts): Plugin {
  return { modules: [], transports: [], authProviders: [], rpcBackends: [], mechanisms: [], ...parts, [BRAND]: true };
}

export function isPlugin(value: unknown): value is Plugin {
  return typeof value === 'object' && value !== null && BRAND in value;
}
