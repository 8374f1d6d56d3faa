/** The shape of the configuration */
import { z } from 'zod';
import type { AnyAuthProvider } from '../auth/auth-provider.ts';
import { type AuthConfig, authSchema } from '../auth/config.ts';
import type { AnyModule } from '../module/index.ts';
import type { AnyRpcBackend } from '../rpc/index.ts';
import { type SessionPolicy, sessionsSchema } from '../session/config.ts';
import type { AnyTransport } from '../transport/index.ts';
import { domainName } from './domain-name.ts';
import { httpSchema } from './http.ts';
import { limitsSchema } from './limits.ts';
import { type S2sConfig, s2sSchema } from './s2s.ts';

const storageSchema = z
  .strictObject({
    driver: z
      .enum(['sqlite', 'memory'])
      .default('sqlite')
      .describe('Where accounts, rosters and messages live; memory forgets all when the server stops'),
    durability: z
      .enum(['normal', 'full'])
      .default('normal')
      .describe('What was acknowledged survives the death of the process; with full also the loss of power'),
  })
  .describe('Storage');

const clusterSchema = z
  .strictObject({
    mode: z.enum(['single']).default('single').describe('How many nodes the server is made of'),
  })
  .describe('Cluster');

const logSchema = z
  .strictObject({
    level: z
      .enum(['debug', 'info', 'warn', 'error', 'silent'])
      .default('info')
      .describe('The least important lines that are written')
      .meta({ reload: 'live' }),
    format: z
      .enum(['auto', 'json', 'text'])
      .default('auto')
      .describe(
        'Lines for programs or for people; auto is text on a terminal, else json. They go to the standard error',
      ),
  })
  .describe('Log');

const certificatesSchema = z
  .strictObject({
    key: z.string().min(1).optional().describe('PEM file of the private key, relative to the configuration file'),
    certificate: z
      .string()
      .min(1)
      .optional()
      .describe(
        'PEM file of the certificate and its chain. Without both, a self-signed one is made in the data directory',
      ),
  })
  .refine(({ key, certificate }) => (key === undefined) === (certificate === undefined), {
    error: 'key and certificate belong together',
  })
  .meta({ reload: 'live' })
  .describe('Certificates');

/** What can be named in the configuration, and what is taken where it names nothing. */
export interface KnownParts {
  readonly modules: readonly AnyModule[];
  /** By name; loaded only when a listener names it. */
  readonly transports: ReadonlyMap<string, () => Promise<AnyTransport>>;
  /** By name; loaded only when the configuration names it. */
  readonly authProviders: ReadonlyMap<string, () => Promise<AnyAuthProvider>>;
  /** By kind; loaded only when the configuration names it. */
  readonly rpcBackends: ReadonlyMap<string, () => Promise<AnyRpcBackend>>;
  /** Modules of a host that has no `modules` key. */
  readonly defaultModules: readonly string[];
  readonly defaultListeners: readonly ListenerConfig[];
}

export interface HostConfig {
  /** The modules that are on, each with its validated options. */
  readonly modules: Readonly<Record<string, unknown>>;
}

/** `transport`, and the options of that transport. */
export interface ListenerConfig {
  readonly transport: string;
  readonly [option: string]: unknown;
}

/** `kind`, and the options of that kind. */
export interface RpcBackendConfig {
  readonly kind: string;
  readonly [option: string]: unknown;
}

/** The configuration, validated and complete. */
export interface Config {
  /** By domain. */
  readonly hosts: Readonly<Record<string, HostConfig>>;
  readonly listeners: readonly ListenerConfig[];
  readonly storage: z.output<typeof storageSchema>;
  readonly cluster: z.output<typeof clusterSchema>;
  readonly auth: AuthConfig;
  readonly http: z.output<typeof httpSchema>;
  readonly limits: z.output<typeof limitsSchema>;
  readonly sessions: SessionPolicy;
  readonly s2s: S2sConfig;
  /** By the names that services use. */
  readonly rpc: { readonly backends: Readonly<Record<string, RpcBackendConfig>> };
  readonly plugins: readonly string[];
  readonly log: z.output<typeof logSchema>;
  readonly certificates: z.output<typeof certificatesSchema>;
}

/** Of the known parts those that the configuration names. */
export interface NamedParts {
  readonly transports: readonly AnyTransport[];
  readonly provider?: AnyAuthProvider | undefined;
  readonly rpcBackends?: readonly AnyRpcBackend[];
}

export function configSchema(known: KnownParts, { transports, provider, rpcBackends = [] }: NamedParts) {
  const defaults = Object.fromEntries(known.defaultModules.map((name) => [name, {}]));
  return z.strictObject({
    hosts: z
      .record(
        domainName,
        z.strictObject({
          modules: moduleSchema(known.modules)
            .prefault(defaults)
            .describe('The modules that are on. Without this key: the default set'),
        }),
      )
      .refine((hosts) => Object.keys(hosts).length > 0, { error: 'at least one host is needed' })
      .prefault({ localhost: {} })
      .describe('Virtual hosts by domain'),
    listeners: z
      .array(listenerSchema(known, transports))
      .prefault([...known.defaultListeners] as never)
      .describe('Listeners'),
    storage: storageSchema.prefault({}),
    cluster: clusterSchema.prefault({}),
    auth: authSchema.extend({ provider: providerSchema(known, provider) }).prefault({}),
    http: httpSchema.prefault({}),
    limits: limitsSchema.prefault({}).describe('Limits').meta({ reload: 'live' }),
    sessions: sessionsSchema.prefault({}),
    s2s: s2sSchema.prefault({}),
    rpc: z
      .strictObject({
        backends: z
          .record(z.string().min(1).max(128), rpcBackendSchema(known, rpcBackends))
          .default({})
          .describe(
            'What runs services of the game: a name for each, and under it `kind` and the options of that kind',
          ),
      })
      .prefault({})
      .describe('Calls of clients to services'),
    plugins: z
      .array(z.string().min(1))
      .default([])
      .describe('Plugins to load: package names, or paths relative to the configuration file'),
    log: logSchema.prefault({}),
    certificates: certificatesSchema.prefault({}),
  });
}

function moduleSchema(modules: readonly AnyModule[]) {
  const shape: Record<string, z.ZodType> = {};
  for (const module of modules) shape[module.name] = moduleOptions(module).optional();
  return z.strictObject(shape);
}

/** The options of a module; those of a service begin with its domain. */
export function moduleOptions({ name, config = z.strictObject({}), hosts, subdomain = name }: AnyModule): z.ZodType {
  if (hosts !== 'service') return config;
  if (!(config instanceof z.ZodObject)) throw new TypeError(`the configuration of module ${name} is no object`);
  return z.strictObject({
    domain: domainName.optional().describe(`Its domain; default: \`${subdomain}.\` before that of the host`),
    ...config.shape,
  });
}

function providerSchema(known: KnownParts, provider: AnyAuthProvider | undefined) {
  const options: z.ZodType = provider === undefined ? z.looseObject({}) : (provider.config ?? z.strictObject({}));
  return z
    .strictObject({
      name: z
        .enum([...known.authProviders.keys()])
        .describe('Its name; those that come with the server are in the [guide](authentication.md)'),
      options: options.prefault({}).describe('Its options'),
    })
    .optional()
    .describe('Who knows the passwords; default: the storage of this server');
}

function listenerSchema(known: KnownParts, transports: readonly AnyTransport[]): z.ZodType {
  return oneOf('transport', [...known.transports.keys()], transports);
}

function rpcBackendSchema(known: KnownParts, backends: readonly AnyRpcBackend[]): z.ZodType {
  return oneOf('kind', [...known.rpcBackends.keys()], backends);
}

/** An object whose key `by` names one of the parts, beside the options of that part. */
function oneOf(by: string, names: readonly string[], parts: readonly Configured[]): z.ZodType {
  const [first, ...rest] = parts.map(({ name, config = z.strictObject({}) }) => {
    if (!(config instanceof z.ZodObject)) throw new TypeError(`the configuration of ${by} ${name} is no object`);
    return z.strictObject({ [by]: z.literal(name), ...config.shape });
  });
  if (first === undefined) return z.looseObject({ [by]: z.enum(names) });
  return z.discriminatedUnion(by, [first, ...rest]);
}

interface Configured {
  readonly name: string;
  readonly config?: z.ZodType;
}
