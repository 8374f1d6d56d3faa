/** What ships with the server, by the names the configuration uses */
import type { AnyAuthProvider, AnyModule, AnyRpcBackend, AnyTransport, KnownParts, ListenerConfig } from '#core';
import caps from '#modules/caps';
import carbons from '#modules/carbons';
import adHoc from '#modules/commands';
import csi from '#modules/csi';
import disco from '#modules/disco';
import friendsOnly from '#modules/friends-only';
import last from '#modules/last';
import mam from '#modules/mam';
import muc from '#modules/muc';
import mute from '#modules/mute';
import offline from '#modules/offline';
import ping from '#modules/ping';
import presence from '#modules/presence';
import privateStorage from '#modules/private';
import pushNotifications from '#modules/push-notifications';
import register from '#modules/register';
import reports from '#modules/reports';
import roster from '#modules/roster';
import rpc from '#modules/rpc';
import scene from '#modules/scene';
import session from '#modules/session';
import streamManagement from '#modules/stream-management';
import time from '#modules/time';
import vcard from '#modules/vcard';
import version from '#modules/version';

const modules: readonly AnyModule[] = [
  roster,
  presence,
  streamManagement,
  carbons,
  csi,
  offline,
  pushNotifications,
  disco,
  caps,
  ping,
  version,
  time,
  last,
  vcard,
  privateStorage,
  session,
  mam,
  muc,
  mute,
  reports,
  adHoc,
  scene,
  rpc,
  friendsOnly,
  register,
];

/** They change what everybody may do: who wants them says so. */
const asked: readonly AnyModule[] = [friendsOnly, register];

/** Imported only when a listener names them. */
const transports: ReadonlyMap<string, () => Promise<AnyTransport>> = new Map([
  ['tcp', async (): Promise<AnyTransport> => (await import('./transports/tcp/index.ts')).default],
  ['s2s', async (): Promise<AnyTransport> => (await import('./s2s/listener.ts')).default],
  ['tcp-mars', async (): Promise<AnyTransport> => (await import('./transports/tcp-mars/index.ts')).default],
  ['websocket', async (): Promise<AnyTransport> => (await import('./transports/websocket/index.ts')).default],
]);

/** Imported only when the configuration names them. */
const authProviders: ReadonlyMap<string, () => Promise<AnyAuthProvider>> = new Map([
  ['jwt', async (): Promise<AnyAuthProvider> => (await import('./auth/jwt/index.ts')).default],
  ['http', async (): Promise<AnyAuthProvider> => (await import('./auth/http/index.ts')).default],
]);

/** Imported only when the configuration names them. */
const rpcBackends: ReadonlyMap<string, () => Promise<AnyRpcBackend>> = new Map([
  ['http', async (): Promise<AnyRpcBackend> => (await import('./rpc-backends/http/index.ts')).default],
  ['nats', async (): Promise<AnyRpcBackend> => (await import('./rpc-backends/nats/index.ts')).default],
]);

const defaultListeners: readonly ListenerConfig[] = [
  { transport: 'tcp', port: 5222, tls: 'required' },
  { transport: 'tcp', port: 5223, tls: 'direct' },
  { transport: 's2s', port: 5269 },
  { transport: 's2s', port: 5270, tls: 'direct' },
  { transport: 'tcp-mars', port: 9080, address: '127.0.0.1', encryption: 'optional' },
  { transport: 'websocket', port: 5280, address: '127.0.0.1' },
  { transport: 'websocket', port: 5281, address: '*', tls: 'direct' },
];

export const catalog: KnownParts = {
  modules,
  transports,
  authProviders,
  rpcBackends,
  defaultModules: modules.filter((module) => !asked.includes(module)).map(({ name }) => name),
  defaultListeners,
};
