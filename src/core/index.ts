/** `#core`: all that the rest of the server may import of the core. */
export * from './auth/index.ts';
export * from './awaitable.ts';
export * from './clock/index.ts';
export * from './command/index.ts';
export * from './config/index.ts';
export * from './hooks/index.ts';
export * from './host/index.ts';
export * from './jid/index.ts';
export * from './log/index.ts';
export * from './module/index.ts';
export * from './router/index.ts';
export * from './session/index.ts';
export * from './stanza/index.ts';
export * from './storage/index.ts';
export * from './stream/index.ts';
export * from './transport/index.ts';
export * from './xml/index.ts';
