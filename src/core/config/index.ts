export * from './config-error.ts';
export * from './diff.ts';
export type { HttpConfig } from './http.ts';
export * from './limits.ts';
export * from './load.ts';
export * from './options.ts';
export * from './schema.ts';
export type { Reload } from './schema-walk.ts';
export { type ConfigSource, readConfig } from './source.ts';
