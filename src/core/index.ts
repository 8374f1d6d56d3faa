/** `#core`: all that the rest of the server may import of the core. */
export * from './jid/index.ts';
export * from './storage/index.ts';
