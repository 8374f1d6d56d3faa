export * from './client-session.ts';
export * from './connection.ts';
export * from './registry.ts';
export * from './user-agent.ts';
