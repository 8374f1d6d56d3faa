export * from './module.ts';
export * from './set-up.ts';
