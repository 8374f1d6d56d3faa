export * from './client-session.ts';
export type { SessionPolicy } from './config.ts';
export * from './connection.ts';
export * from './making-room.ts';
export * from './namespace.ts';
export * from './registry.ts';
export * from './user-agent.ts';
