export * from './module.ts';
export * from './plugin.ts';
export * from './set-up.ts';
