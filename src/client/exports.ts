/** What both entry points export */
export * from '#protocol/mars';
export type { Account } from './account.ts';
export type { BackOffOptions } from './back-off.ts';
export type { CallOptions, Notification, ServiceOutput } from './calls.ts';
export { Client } from './client.ts';
export type { Clock } from './clock.ts';
export type { ClientCrypto } from './crypto.ts';
export { ClosedError, ConnectionLost, ProtocolError, RefusedError, RequestTimeout } from './errors.ts';
export type { ClientEvents } from './events.ts';
export type { HistoryOptions } from './history.ts';
export type { Link, LinkEvents, Platform } from './link.ts';
export type { Credentials, PasswordMechanism } from './mechanisms.ts';
export type { MessageToSend, SentMessage } from './message-to-send.ts';
export type { ClientOptions } from './options.ts';
export type { Answer } from './questions.ts';
export type { JoinOptions, Rooms } from './rooms.ts';
export type { Actor, Scene, SceneEvents, Step } from './scene.ts';
