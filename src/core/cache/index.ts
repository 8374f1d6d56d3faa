export * from './generation-cache.ts';
