import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineModule } from '../module/index.ts';
import { defineRpcBackend } from '../rpc/index.ts';
import { type AnyTransport, defineTransport } from '../transport/index.ts';
import {
  applyLive,
  ConfigError,
  checkConfig,
  diffConfig,
  type KnownParts,
  listOptions,
  loadConfig,
  pluginsOf,
  readConfig,
} from './index.ts';

const roster = defineModule({
  name: 'roster',
  config: z.strictObject({
    max_items: z.int().min(1).max(10_000).default(1_000).describe('Most contacts').meta({ reload: 'live' }),
    versioning: z.boolean().default(true).describe('Offer roster versions'),
  }),
  setup() {},
});
const presence = defineModule({ name: 'presence', requires: [roster], setup() {} });
const ping = defineModule({ name: 'ping', setup() {} });
const muc = defineModule({ name: 'muc', hosts: 'service', subdomain: 'conference', setup() {} });

const tcp = defineTransport({
  name: 'tcp',
  config: z.strictObject({ port: z.int().min(0).max(65_535), tls: z.enum(['required', 'off']).default('required') }),
  listen: () => Promise.reject(new Error('nobody listens here')),
});

const http = defineRpcBackend({
  name: 'http',
  config: z.strictObject({ url: z.string() }),
  create: () => ({ instances: [] }),
});

function knownParts(load: () => Promise<AnyTransport> = () => Promise.resolve(tcp)): KnownParts {
  return {
    modules: [roster, presence, ping, muc],
    transports: new Map([
      ['tcp', load],
      ['mars', () => Promise.reject(new Error('a transport that is not named is not loaded'))],
    ]),
    authProviders: new Map(),
    rpcBackends: new Map([['http', async () => http]]),
    defaultModules: ['roster', 'presence'],
    defaultListeners: [{ transport: 'tcp', port: 5222 }],
  };
}

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tharsis-config-'));
});
afterAll(() => rm(dir, { recursive: true }));

async function file(...lines: string[]): Promise<string> {
  const path = join(dir, 'tharsis.yaml');
  await writeFile(path, lines.join('\n'));
  return path;
}

/** What the configuration is refused with, one line per problem, without the directory. */
async function refusal(path: string | undefined, overrides?: Record<string, unknown>): Promise<string[]> {
  const error = await loadConfig(knownParts(), { file: path, overrides }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConfigError);
  return (error as ConfigError).message.replaceAll(`${dir}/`, '').split('\n');
}

describe('loadConfig', () => {
  it('serves localhost with the default modules and listeners when nothing is configured', async () => {
    const { config } = await loadConfig(knownParts());
    expect(config.hosts).toEqual({
      localhost: { modules: { roster: { max_items: 1_000, versioning: true }, presence: {} } },
    });
    expect(config.listeners).toEqual([{ transport: 'tcp', port: 5222, tls: 'required' }]);
    expect(config.storage).toEqual({ driver: 'sqlite', durability: 'normal' });
    expect(config.log.level).toBe('info');
    expect(config.plugins).toEqual([]);
  });

  it('turns on exactly the modules that are listed, also without options', async () => {
    const path = await file('hosts:', '  example.com:', '    modules:', '      ping:', '      roster: {max_items: 5}');
    const { config } = await loadConfig(knownParts(), { file: path });
    expect(config.hosts).toEqual({
      'example.com': { modules: { ping: {}, roster: { max_items: 5, versioning: true } } },
    });
  });

  it('takes a section left empty as one that is not there', async () => {
    const { config } = await loadConfig(knownParts(), { file: await file('limits:', 'hosts:', '  localhost:') });
    expect(config.limits.depth).toBe(128);
    expect(Object.keys(config.hosts.localhost?.modules ?? {})).toEqual(['roster', 'presence']);
  });

  it('checks the options of a backend by its kind, and knows no other kinds', async () => {
    const path = await file(
      'rpc:',
      '  backends:',
      '    shop: {kind: http, url: "http://127.0.0.1"}',
      '    bank: {kind: http, ulr: "http://127.0.0.1", url: 1}',
      '    match: {kind: htpt}',
    );
    expect(await refusal(path)).toEqual([
      'tharsis.yaml:4: rpc.backends.bank.url: expected string, received number',
      'tharsis.yaml:4: rpc.backends.bank.ulr: unknown option',
      'tharsis.yaml:5: rpc.backends.match.kind: expected one of http (did you mean http?)',
    ]);
    const { config } = await loadConfig(knownParts(), {
      overrides: { rpc: { backends: { a: { kind: 'http', url: 'b' } } } },
    });
    expect(config.rpc.backends).toEqual({ a: { kind: 'http', url: 'b' } });
  });

  it('names every unknown or ill-typed option with its line, all at once', async () => {
    const path = await file(
      'hosts:',
      '  localhost:',
      '    modules:',
      '      roster:',
      '        max_itmes: 7',
      '      pign: {}',
      'listeners:',
      '  - {transport: tcp, port: 70000}',
      '  - transport: tcpp',
      '    port: 1',
      'log:',
      '  level: loud',
      'colour: red',
    );
    expect(await refusal(path)).toEqual([
      'tharsis.yaml:5: hosts.localhost.modules.roster.max_itmes: unknown option (did you mean max_items?)',
      'tharsis.yaml:6: hosts.localhost.modules.pign: unknown option (did you mean ping?)',
      'tharsis.yaml:8: listeners[0].port: Too big: expected number to be <=65535',
      'tharsis.yaml:9: listeners[1].transport: expected one of tcp, mars (did you mean tcp?)',
      'tharsis.yaml:12: log.level: expected one of "debug"|"info"|"warn"|"error"|"silent"',
      'tharsis.yaml:13: colour: unknown option',
    ]);
  });

  it('says which transports there are when no listener names one of them', async () => {
    const path = await file('listeners:', '  - {transport: smoke}');
    expect(await refusal(path)).toEqual(['tharsis.yaml:2: listeners[0].transport: expected one of "tcp"|"mars"']);
  });

  it('refuses a domain that is not written as it is looked up', async () => {
    const [problem] = await refusal(await file('hosts:', '  Example.COM: {}'));
    expect(problem).toMatch(/^tharsis\.yaml:2: hosts\.Example\.COM: not a domain name in lower case/);
  });

  it('refuses a module whose requirement is not listed', async () => {
    expect(await refusal(await file('hosts:', '  localhost:', '    modules:', '      presence:'))).toEqual([
      'tharsis.yaml:4: hosts.localhost.modules.presence: needs the module roster, which is not listed',
    ]);
  });

  it('refuses a certificate without its key', async () => {
    expect(await refusal(await file('certificates:', '  certificate: a.pem'))).toEqual([
      'tharsis.yaml:1: certificates: key and certificate belong together',
    ]);
  });

  it('says on which line the YAML breaks', async () => {
    const [problem] = await refusal(await file('log:', '  level: info', '  level: debug'));
    expect(problem).toMatch(/^tharsis\.yaml:3: Map keys must be unique/);
  });

  it('refuses a file that is no mapping', async () => {
    expect(await refusal(await file('- a', '- b'))).toEqual(['tharsis.yaml:1: expected a mapping of sections']);
  });

  it('says that a named file is missing', async () => {
    expect(await refusal(join(dir, 'absent.yaml'))).toEqual(['absent.yaml: there is no such file']);
  });

  it('lays overrides over the file, and does not blame the file for them', async () => {
    const path = await file('log: {level: warn, format: json}');
    const { config } = await loadConfig(knownParts(), { file: path, overrides: { log: { level: 'error' } } });
    expect(config.log).toEqual({ level: 'error', format: 'json' });
    expect(await refusal(path, { log: { level: 3 } })).toEqual([
      'options: log.level: expected one of "debug"|"info"|"warn"|"error"|"silent"',
    ]);
  });

  it('tells the plugins before anything is validated, so that what they bring is known', async () => {
    const source = await readConfig(await file('plugins: [./welcome]', 'hosts: {localhost: {modules: {welcome: }}}'));
    expect(pluginsOf(source)).toEqual(['./welcome']);
    const welcome = defineModule({ name: 'welcome', setup() {} });
    const { config } = await checkConfig(source, { ...knownParts(), modules: [welcome] });
    expect(config.hosts.localhost?.modules).toEqual({ welcome: {} });
  });
});

describe('diffConfig', () => {
  it('lists what changed down to the option, and marks what takes effect at once', async () => {
    const before = await loadConfig(knownParts());
    const after = await loadConfig(knownParts(), {
      overrides: {
        log: { level: 'debug', format: 'json' },
        limits: { depth: 64 },
        hosts: { localhost: { modules: { roster: { max_items: 9, versioning: false } } } },
        listeners: [{ transport: 'tcp', port: 5999 }],
      },
    });
    const changes = diffConfig(after.schema, before.config, after.config);
    expect(changes.map(({ path, before, after, reload }) => [path, before, after, reload])).toEqual([
      ['hosts.localhost.modules.roster.max_items', 1_000, 9, 'live'],
      ['hosts.localhost.modules.roster.versioning', true, false, 'restart'],
      ['hosts.localhost.modules.presence', {}, undefined, 'restart'],
      ['listeners[0].port', 5222, 5999, 'restart'],
      ['limits.depth', 128, 64, 'live'],
      ['log.level', 'info', 'debug', 'live'],
      ['log.format', 'auto', 'json', 'restart'],
    ]);
  });

  it('finds nothing between equal configurations', async () => {
    const [before, after] = [await loadConfig(knownParts()), await loadConfig(knownParts())];
    expect(diffConfig(after.schema, before.config, after.config)).toEqual([]);
  });

  it('gives the live changes, and only those, to whoever holds the configuration', async () => {
    const { config } = await loadConfig(knownParts());
    const { limits, log } = config;
    const next = await loadConfig(knownParts(), {
      overrides: { limits: { depth: 64 }, log: { format: 'json', level: 'warn' } },
    });
    applyLive(config, diffConfig(next.schema, config, next.config));
    expect(limits.depth).toBe(64);
    expect(log).toEqual({ level: 'warn', format: 'auto' });
  });
});

describe('listOptions', () => {
  it('gives type, default and marker of each option', () => {
    expect(listOptions(roster.config ?? z.never())).toEqual([
      {
        path: 'max_items',
        type: 'integer, 1 to 10000',
        fallback: 1_000,
        isRequired: false,
        reload: 'live',
        description: 'Most contacts',
      },
      {
        path: 'versioning',
        type: 'boolean',
        fallback: true,
        isRequired: false,
        reload: 'restart',
        description: 'Offer roster versions',
      },
    ]);
  });

  it('tells a required option from one that is merely not set', () => {
    const options = listOptions(z.strictObject({ port: z.int(), ca: z.string().optional() }));
    expect(options.map(({ path, isRequired }) => [path, isRequired])).toEqual([
      ['port', true],
      ['ca', false],
    ]);
  });
});

describe('the domain of a service', () => {
  const problemsOf = (overrides: Record<string, unknown>) =>
    loadConfig(knownParts(), { overrides }).then(
      () => [],
      (error: unknown) => (error as ConfigError).problems.map(({ path, message }) => `${path}: ${message}`),
    );

  it('can be named', async () => {
    const rooms = { modules: { muc: { domain: 'rooms.example.org' } } };
    const { config } = await loadConfig(knownParts(), { overrides: { hosts: { 'example.com': rooms } } });
    expect(config.hosts['example.com']?.modules.muc).toEqual({ domain: 'rooms.example.org' });
  });

  it('is nobody else’s', async () => {
    const rooms = { modules: { muc: { domain: 'example.org' } } };
    expect(await problemsOf({ hosts: { 'example.com': rooms, 'example.org': {} } })).toEqual([
      "hosts.example.com.modules.muc: example.org is somebody else's domain already",
    ]);
    expect(
      await problemsOf({ hosts: { 'example.com': { modules: { muc: {} } }, 'conference.example.com': {} } }),
    ).toEqual(["hosts.example.com.modules.muc: conference.example.com is somebody else's domain already"]);
  });
});
